// SnapshotDesk: the controller's snapshot files for the fleet: when one is made, which are served
// and announced, when one goes.
//
//   made       at the points of SnapshotRule while LIVE; of the newest state, once LIVE for the
//              first time, after a time without a record, when asked for, and at the end. Files
//              come at most every `pause_min` and take at most 1/20 of the time, so under load
//              points are left out
//   announced  the newest one, on `control` under snapshot/NAME, again now and then
//   needed     needed_files() says: newest generations, kept ones, pins, watermarks. What is not
//              is first no longer listed nor announced, and removed after `grace` at the earliest,
//              when nobody reads it
//
//   verified   read whole, once an hour, and soon after somebody has begun to read it: one that is
//              damaged or gone is dropped at once, and another one announced, or made
//
// While the controller is DIVERGED nothing is listed or announced: what it holds may be of a
// history that is no more. A file that claims a position beyond the own one likewise.
//
// Threads   One, that of the feeder; disk work goes through in_background, one after the other.
// Requires  What the ports refer to outlives it. Work given to in_background ends before the desk
//           does.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consumer/feeder/feeder.hpp"
#include "consumer/snapshot_share/snapshot_share.hpp"
#include "core/base/environment.hpp"
#include "net/http_server.hpp"
#include "producer/api/api_error.hpp"
#include "producer/api/control_writer.hpp"
#include "producer/api/snapshot_rule.hpp"
#include "producer/api/snapshot_shelf.hpp"
#include "producer/api/terms.hpp"

namespace tidemark::producer {

constexpr std::size_t snapshot_requests_max = 64;

struct SnapshotDeskSettings {
  std::string controller{};
  std::string base_url{};  // where others reach the API; empty: files are not announced
  SnapshotRuleSettings rule{};
  std::size_t generations = 3;
  std::chrono::nanoseconds grace = std::chrono::minutes(10);
  std::chrono::nanoseconds pause_min = std::chrono::minutes(1);  // 0: no pause at all
  std::chrono::nanoseconds quiet = std::chrono::minutes(10);     // 0: no file for quietness
  std::chrono::nanoseconds announce_period = std::chrono::minutes(10);
  consumer::ShareLimits share{};
};

struct SnapshotDeskPorts {
  base::Clock& clock;
  base::Random& random;
  const consumer::Feeder& feeder;
  SnapshotShelf& shelf;
  ControlWriter* control = nullptr;
  std::function<void(std::function<void()>)> in_background;
};

class SnapshotDesk {
 public:
  SnapshotDesk(SnapshotDeskSettings settings, SnapshotDeskPorts ports);
  ~SnapshotDesk();

  // Of the feeder, within its step().
  void folded(const consumer::FoldedChange& folded);
  std::vector<std::string> step();  // remarks for the owner's log
  // A last file, if the newest state has none. Whoever waits is told that this controller ends.
  void close();

  // /v1/snapshots and below (snapshot_routes.cpp). `author`: of the token, if there is one.
  void take(const net::HttpRequest& request, const std::optional<std::string>& author,
            net::Respond respond);

  std::string metrics() const;  // of downloads, for /metrics
  const consumer::SnapshotShare& share() const noexcept { return share_; }

 private:
  struct Job;
  struct Held {
    ShelvedFile shelved;
    bool listed = true;
    std::chrono::nanoseconds unlisted_at{0};
    std::chrono::nanoseconds verified_at{0};
    bool is_asked = false;  // somebody reads it: it is verified soon
  };
  struct Waiting {  // for the file of the state at `offset`
    std::int64_t offset;
    net::Respond respond;
  };

  bool may_make() const;
  bool has_file_of_now() const;
  void make_if_due(std::chrono::nanoseconds now);
  void begin(consumer::SnapshotContents contents, std::chrono::nanoseconds now);
  void hear_job(std::vector<std::string>& remarks, std::chrono::nanoseconds now);
  void take_in(ShelvedFile shelved);
  void answer_waiting(const std::string& trouble);
  bool is_trusted(const ShelvedFile& shelved) const;
  void look_at(const std::string& sha256);
  void verify_if_due(std::chrono::nanoseconds now);
  void drop_bad(const std::string& name, const std::string& why, std::vector<std::string>& remarks);
  void list_what_is_needed(std::chrono::nanoseconds now);
  void collect(std::vector<std::string>& remarks, std::chrono::nanoseconds now);
  void hear_announced(std::chrono::nanoseconds now);
  void announce(std::chrono::nanoseconds now);

  void make(net::Respond respond);
  net::HttpResponse keep(const std::string& seq, const Terms& terms);
  net::HttpResponse drop(const std::string& seq);
  static net::HttpResponse told(const ShelvedFile& shelved);
  std::expected<Held*, ApiError> find(const std::string& seq);

  const SnapshotDeskSettings settings_;
  const SnapshotDeskPorts ports_;
  consumer::SnapshotShare share_;
  SnapshotRule rule_;

  std::vector<Held> held_;    // newest first
  bool stock_taken_ = false;  // held_ is what the disk holds
  std::shared_ptr<Job> job_;  // under way; shared with the background
  std::chrono::nanoseconds job_begun_{0}, make_again_{0}, folded_last_{0}, look_again_{0};
  std::optional<consumer::SnapshotContents> point_;  // the state at a point that waits to be made
  std::list<Waiting> waiting_;
  std::int64_t made_offset_ = -1;  // of the last file that was made, or tried
  bool was_live_ = false;
  std::uint64_t dropped_ = 0;      // files that were found damaged or gone
  std::vector<std::string> gone_;  // names, found on the way
  bool closed_ = false;

  std::string announced_;  // SHA-256 that `control` names last, as far as it is known
  bool announced_since_start_ = false;
  std::string announcing_;  // under way
  Said said_;
  std::chrono::nanoseconds announce_again_{0}, announce_not_before_{0};
};

}  // namespace tidemark::producer
