#include "dns-edge/admin/metrics.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "core/dns/types.hpp"

namespace tidemark::edge {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Workers = std::vector<const WorkerCounters*>;

template <class Read>
double sum(const Workers& workers, Read&& read) {
  std::uint64_t total = 0;
  for (const WorkerCounters* worker : workers) total += read(*worker).value();
  return static_cast<double>(total);
}

// One scrape: families in the order in which they are named.
class Scrape final : public prometheus::Collectable {
 public:
  Scrape(const EdgeStatus& status, const Workers& workers, bool ready)
      : status_(status), workers_(workers), ready_(ready) {}

  std::vector<MetricFamily> Collect() const override {
    std::vector<MetricFamily> families;
    collect_queries(families);
    collect_tcp(families);
    collect_rate(families);
    collect_versions(families);
    collect_fold(families);
    collect_proof(families);
    collect_trials(families);
    collect_node(families);
    collect_bootstrap(families);
    return families;
  }

 private:
  using Families = std::vector<MetricFamily>;

  static MetricFamily& family(Families& all, MetricType type, std::string name, std::string help) {
    all.push_back({"tidemark_" + std::move(name), std::move(help), type, {}});
    return all.back();
  }
  static void add(MetricFamily& of, double value, std::vector<ClientMetric::Label> labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (of.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    of.metric.push_back(std::move(metric));
  }
  template <class Number>
  static void gauge(Families& all, std::string name, std::string help, Number value) {
    add(family(all, MetricType::Gauge, std::move(name), std::move(help)),
        static_cast<double>(value));
  }
  template <class Number>
  static void counter(Families& all, std::string name, std::string help, Number value) {
    add(family(all, MetricType::Counter, std::move(name), std::move(help)),
        static_cast<double>(value));
  }

  void collect_queries(Families& all) const {
    auto& queries = family(all, MetricType::Counter, "queries_total", "Messages received.");
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      const std::string worker = std::to_string(i);
      add(queries, static_cast<double>(workers_[i]->udp_queries.value()),
          {{"transport", "udp"}, {"worker", worker}});
      add(queries, static_cast<double>(workers_[i]->tcp_queries.value()),
          {{"transport", "tcp"}, {"worker", worker}});
    }
    auto& responses = family(all, MetricType::Counter, "responses_total", "Responses by RCODE.");
    for (const dns::Rcode rcode :
         {dns::Rcode::NoError, dns::Rcode::FormErr, dns::Rcode::ServFail, dns::Rcode::NxDomain,
          dns::Rcode::NotImp, dns::Rcode::Refused, dns::Rcode::YxDomain, dns::Rcode::NotAuth,
          dns::Rcode::BadVers, dns::Rcode::BadCookie}) {
      const auto index = static_cast<std::size_t>(rcode);
      add(responses, sum(workers_, [&](auto& w) -> auto& { return w.responses[index]; }),
          {{"rcode", dns::to_text(rcode)}});
    }
    counter(all, "silent_total", "Messages that no answer is owed to.",
            sum(workers_, [](auto& w) -> auto& { return w.silent; }));
    counter(all, "truncated_total", "Responses with TC.",
            sum(workers_, [](auto& w) -> auto& { return w.truncated; }));
    counter(all, "udp_received_octets_total", "Octets of datagrams received.",
            sum(workers_, [](auto& w) -> auto& { return w.udp_octets_in; }));
    counter(all, "udp_sent_octets_total", "Octets of datagrams sent.",
            sum(workers_, [](auto& w) -> auto& { return w.udp_octets_out; }));
    counter(all, "udp_send_errors_total", "Datagrams that the system did not take.",
            sum(workers_, [](auto& w) -> auto& { return w.udp_send_errors; }));
    counter(all, "udp_batches_total", "Receive calls that brought something.",
            sum(workers_, [](auto& w) -> auto& { return w.batches; }));
  }

  void collect_bootstrap(Families& all) const {
    const EdgeStatus::Bootstrap& now = status_.bootstrap;
    gauge(all, "replay_records_left", "Records of the log that are not folded yet.",
          now.records_left);
    gauge(all, "replay_records_per_second", "How fast they are folded.", now.records_per_second);
    gauge(all, "bootstrap_octets", "Octets had of the snapshot file that is fetched.", now.octets);
    gauge(all, "bootstrap_octets_total", "Octets of that file.", now.octets_total);
    counter(all, "bootstrap_received_octets_total", "Octets of snapshot files received.",
            now.received);
    auto& failed = family(all, MetricType::Counter, "bootstrap_failures_total",
                          "Sources or files that gave no state, by reason.");
    add(failed, static_cast<double>(now.busy), {{"reason", "busy"}});
    add(failed, static_cast<double>(now.failures), {{"reason", "source"}});
    add(failed, static_cast<double>(now.bad_files), {{"reason", "bad_file"}});
    add(failed, static_cast<double>(now.refused), {{"reason", "other_log"}});
    counter(all, "bootstraps_total", "States taken from snapshot files while running.",
            now.adopted);
    counter(all, "share_downloads_total", "Parts of snapshot files that peers fetched here.",
            status_.share_downloads);
    counter(all, "share_octets_total", "Octets of them.", status_.share_octets);
    counter(all, "share_refused_total", "Peers that were told to come later (429).",
            status_.share_refused);
  }

  void collect_tcp(Families& all) const {
    const double accepted = sum(workers_, [](auto& w) -> auto& { return w.tcp_accepted; });
    const double closed = sum(workers_, [](auto& w) -> auto& { return w.tcp_closed; });
    counter(all, "tcp_accepted_total", "TCP connections accepted.", accepted);
    gauge(all, "tcp_connections", "TCP connections open.",
          accepted > closed ? accepted - closed : 0);
    auto& refused = family(all, MetricType::Counter, "tcp_refused_total",
                           "TCP connections refused, by the limit that was reached.");
    add(refused, sum(workers_, [](auto& w) -> auto& { return w.tcp_refused_node_full; }),
        {{"limit", "node"}});
    add(refused, sum(workers_, [](auto& w) -> auto& { return w.tcp_refused_source_full; }),
        {{"limit", "source"}});
    add(refused, sum(workers_, [](auto& w) -> auto& { return w.tcp_refused_descriptors; }),
        {{"limit", "descriptors"}});
    counter(all, "tcp_timeouts_total", "TCP connections closed for taking too long.",
            sum(workers_, [](auto& w) -> auto& { return w.tcp_timeouts; }));
    counter(all, "tcp_displaced_total", "Idle TCP connections closed to make place for others.",
            sum(workers_, [](auto& w) -> auto& { return w.tcp_displaced; }));
  }

  using RateCounters = std::array<Counter, WorkerCounters::rate_classes>;
  void collect_rate_classes(MetricFamily& into, RateCounters WorkerCounters::* counters) const {
    constexpr std::array<const char*, WorkerCounters::rate_classes> names{"answer", "error", "tcp"};
    for (std::size_t i = 0; i < names.size(); ++i) {
      add(into, sum(workers_, [&](auto& w) -> auto& { return (w.*counters)[i]; }),
          {{"class", names[i]}});
    }
  }

  void collect_rate(Families& all) const {
    collect_rate_classes(family(all, MetricType::Counter, "rate_limited_total",
                                "Responses (tcp: connections) over a source's rate."),
                         &WorkerCounters::rate_limited);
    collect_rate_classes(family(all, MetricType::Counter, "rate_would_limit_total",
                                "The same in dry-run: sent whole all the same."),
                         &WorkerCounters::rate_would_limit);
    counter(all, "rate_slipped_total", "Limited responses that were sent, short.",
            sum(workers_, [](auto& w) -> auto& { return w.rate_slipped; }));
    auto& exempt = family(all, MetricType::Counter, "rate_exempt_total",
                          "Responses that no rate limit counts, by reason.");
    add(exempt, sum(workers_, [](auto& w) -> auto& { return w.rate_exempt_by_cookie; }),
        {{"by", "cookie"}});
    add(exempt, sum(workers_, [](auto& w) -> auto& { return w.rate_exempt_by_address; }),
        {{"by", "address"}});
  }

  void collect_versions(Families& all) const {
    gauge(all, "active_seq", "Seq of the version that is served.", status_.active_seq);
    gauge(all, "staged_seq", "Seq of the version that is folded.", status_.staged_seq);
    gauge(all, "pinned_seq", "Seq of the version that a pin names; 0: not pinned.",
          status_.pin ? status_.pin->seq : 0);
    gauge(all, "pin_trouble", "1 if the version of the pin cannot be served.",
          status_.pin && !status_.pin->trouble.empty() ? 1 : 0);
    gauge(all, "retained_versions", "Versions held for pin and rollback.",
          status_.retained_versions);
    gauge(all, "retained_octets", "Memory that only older versions need.", status_.retained_octets);
    gauge(all, "stale_seconds",
          "Since the control plane was heard: the age of every zone that is served.",
          status_.stale_seconds);
    gauge(all, "zones_behind",
          "Zones of which a change is folded and not served: a watermark, a pin, a hold.",
          status_.zones_behind);
    auto& behind = family(all, MetricType::Gauge, "zone_behind_seconds",
                          "Since the first change of the zone that is not served, by the clock of "
                          "the log; the latest few zones.");
    std::uint64_t most = 0;
    for (const EdgeStatus::LateZone& one : status_.late_zones) {
      add(behind, static_cast<double>(one.seconds), {{"zone", one.zone}});
      most = std::max(most, one.seconds);
    }
    gauge(all, "zone_age_seconds_max", "Age of the oldest zone that is served.",
          most + status_.stale_seconds);
    gauge(all, "heartbeat_timestamp_seconds",
          "Append time of the newest heartbeat of a controller; -1: none.",
          seconds(status_.heartbeat_ms));
    counter(all, "control_skipped_total", "Control records skipped.", status_.control_skipped);
    gauge(all, "changes_offset", "Offset of the last folded change.", status_.offset);
    if (status_.log_next) {
      gauge(all, "changes_lag_records", "Changes in the log that are not folded yet.",
            std::max<std::int64_t>(0, *status_.log_next - 1 - status_.offset));
    }
    gauge(all, "changes_appended_timestamp_seconds",
          "Append time of the last folded change; -1: none.", seconds(status_.appended_ms));
    gauge(all, "health_position", "Offset of the last health record in what is served.",
          status_.health_position);
    gauge(all, "health_appended_timestamp_seconds",
          "Append time of the last health record; -1: none.", seconds(status_.health_ms));
    counter(all, "publications_total", "Snapshots published.", status_.publications);
    gauge(all, "retired_snapshots", "Snapshots that some worker may still read.",
          status_.retired_snapshots);
  }
  static double seconds(std::int64_t ms) { return ms < 0 ? -1 : static_cast<double>(ms) / 1000; }

  void collect_fold(Families& all) const {
    auto& changes = family(all, MetricType::Counter, "changes_total",
                           "ChangeSets of the whole history by fate.");
    add(changes, static_cast<double>(status_.accepted), {{"fate", "accepted"}});
    add(changes, static_cast<double>(status_.rejected), {{"fate", "rejected"}});
    add(changes, static_cast<double>(status_.undecodable), {{"fate", "undecodable"}});
    add(changes, static_cast<double>(status_.twins), {{"fate", "twin"}});
    counter(all, "health_undecodable_total", "Health records skipped.", status_.health_undecodable);
    counter(all, "overlaps_total", "Overlap reads after a doubt about the log.", status_.overlaps);
    counter(all, "divergences_total", "Times that the log was not the one folded.",
            status_.divergences);
  }

  void collect_proof(Families& all) const {
    gauge(all, "disagrees", "1 while this node differs from what a controller folded.",
          status_.disagrees ? 1 : 0);
    counter(all, "rebuilds_total", "States that did not agree with the fleet's and were rebuilt.",
            status_.rebuilds);
  }

  void collect_trials(Families& all) const {
    gauge(all, "held_before_seq",
          "Version that this node crashed with and does not serve; 0: none.",
          status_.held_before_seq);
    if (!status_.anycast.empty()) {
      gauge(all, "anycast_announced", "0 while this node wants to be taken out of anycast.",
            status_.anycast == "announce" ? 1 : 0);
    }
    gauge(all, "good_seq", "Newest version whose snapshot file proved good here; 0: none yet.",
          status_.good_seq);
    gauge(all, "crashes_in_a_row", "Crashes soon after a start or a new version.",
          status_.crashes_in_a_row);
    counter(all, "self_questions_total", "Questions that this node asked itself.",
            status_.self_questions);
    counter(all, "self_question_failures_total", "Those that were not answered as they must.",
            status_.self_failures);
  }

  void collect_node(Families& all) const {
    auto& state = family(all, MetricType::Gauge, "node_state", "1 for the state the node is in.");
    for (const char* one : {"COLD", "RESTORED", "CATCHING_UP", "LIVE", "DIVERGED", "HALTED"}) {
      add(state, status_.state == one ? 1 : 0, {{"state", one}});
    }
    gauge(all, "ready", "1 if this node answers and its own probe says so.", ready_ ? 1 : 0);
    gauge(all, "log_reachable", "1 if the log can be read.", status_.log_reachable ? 1 : 0);
    gauge(all, "zones", "Zones held.", status_.zones);
    gauge(all, "rrsets", "RRsets held.", status_.rrsets);
    gauge(all, "pools", "Pools held.", status_.pools);
    gauge(all, "dataset_octets", "Memory of all versions held.", status_.dataset_octets);
    gauge(all, "workers", "Workers that answer.", workers_.size());
    gauge(all, "snapshot_file_seq", "Seq of the newest durable snapshot file.",
          status_.snapshot_file_seq);
    counter(all, "snapshot_file_failures_total", "Snapshot files that could not be written.",
            status_.snapshot_file_failures);
    counter(all, "report_failures_total", "NodeReports that the log did not take.",
            status_.report_failures);
  }

  const EdgeStatus& status_;
  const Workers& workers_;
  const bool ready_;
};

}  // namespace

std::string metrics_text(const EdgeStatus& status, const Workers& workers, bool ready) {
  return prometheus::TextSerializer().Serialize(Scrape(status, workers, ready).Collect());
}

}  // namespace tidemark::edge
