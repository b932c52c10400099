#include "topics/kafka_sink.hpp"

#include <utility>

#include <librdkafka/rdkafka.h>

#include "topics/kafka_delivery.hpp"

namespace tidemark::topics {
namespace {

class KafkaSink final : public log::Sink {
 public:
  KafkaSink(std::shared_ptr<KafkaPool> pool, std::string topic)
      : pool_(std::move(pool)), name_(std::move(topic)) {}
  ~KafkaSink() override { let_go(); }

  base::Result<void> open() {
    TIDEMARK_TRY_VOID(ensure_producer());
    const auto warm = handle_->warm_up(topic_, name_, pool_->patience());
    if (warm) {
      pool_->note_cluster(*handle_);
      return {};
    }
    if (warm.error().code == base::Errc::Unavailable) pool_->note_unreachable();
    const bool later =
        warm.error().code == base::Errc::Unavailable || warm.error().code == base::Errc::Denied;
    if (!later) return std::unexpected(warm.error());
    return {};
  }

  base::Result<void> append(log::Ticket ticket, log::Draft draft) override {
    TIDEMARK_TRY_VOID(check_size(draft));
    TIDEMARK_TRY_VOID(ensure_producer());
    return produce(ticket, draft);
  }

  base::Result<void> append_batch(log::Ticket first_ticket,
                                  std::vector<log::Draft> drafts) override {
    for (const log::Draft& draft : drafts) {
      TIDEMARK_TRY_VOID(check_size(draft));
    }
    TIDEMARK_TRY_VOID(ensure_producer());
    for (std::size_t i = 0; i < drafts.size(); ++i) {
      const log::Ticket ticket{first_ticket.value() + i};
      auto produced = produce(ticket, drafts[i]);
      if (produced) continue;
      if (i == 0) return produced;
      // A part is on its way, so the rest is told one by one.
      for (std::size_t left = i; left < drafts.size(); ++left) {
        outbox_->complete({log::Completion::Outcome::NotPersisted,
                           log::Ticket{first_ticket.value() + left}, log::Offset{-1},
                           log::AppendTime{-1}, produced.error().trail});
      }
      break;
    }
    return {};
  }

  std::vector<log::Completion> completions() override {
    outbox_->bell.hush();
    const std::lock_guard held(outbox_->lock);
    return std::exchange(outbox_->done, {});
  }
  int bell() const override { return outbox_->bell.descriptor(); }

 private:
  base::Result<void> check_size(const log::Draft& draft) const {
    const std::size_t octets = draft.key.size() + draft.value.size();
    if (octets <= log::record_octets_max) return {};
    return base::fail(base::Errc::TooLarge, name_ + ": a record of " + std::to_string(octets) +
                                                " octets exceeds record_octets_max = " +
                                                std::to_string(log::record_octets_max));
  }

  // After a fatal error the old producer reports what it held as unknown; a new one takes over.
  base::Result<void> ensure_producer() {
    if (handle_ && !handle_->fatal()) return {};
    let_go();
    TIDEMARK_TRY(handle_, pool_->producer());
    topic_ = rd_kafka_topic_new(handle_->raw(), name_.c_str(), nullptr);
    return {};
  }
  void let_go() {
    if (topic_ != nullptr) rd_kafka_topic_destroy(std::exchange(topic_, nullptr));
    if (handle_) pool_->end(std::move(handle_));
    handle_.reset();
  }

  static rd_kafka_headers_t* headers_of(const log::Draft& draft) {
    rd_kafka_headers_t* const headers = rd_kafka_headers_new(draft.headers.size());
    for (const auto& [name, value] : draft.headers) {
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
    }
    return headers;
  }

  base::Result<void> produce(log::Ticket ticket, const log::Draft& draft) {
    auto pending = std::make_unique<KafkaPending>(outbox_, ticket);
    rd_kafka_headers_t* const headers = headers_of(draft);
    // A null address is a tombstone; an empty value needs some other address.
    const void* const value = draft.tombstone       ? nullptr
                              : draft.value.empty() ? static_cast<const void*>("")
                                                    : draft.value.data();
    const std::size_t size = draft.tombstone ? 0 : draft.value.size();
    const auto failed = rd_kafka_producev(
        handle_->raw(), RD_KAFKA_V_RKT(topic_), RD_KAFKA_V_PARTITION(0),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(draft.key.data(), draft.key.size()),
        RD_KAFKA_V_VALUE(const_cast<void*>(value), size), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_OPAQUE(pending.get()), RD_KAFKA_V_END);
    if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) {
      (void)pending.release();  // the report frees it; the library owns the headers
      return {};
    }
    rd_kafka_headers_destroy(headers);
    return base::fail(failed == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ? base::Errc::TooLarge
                                                                     : base::Errc::Unavailable,
                      name_ + ": " + rd_kafka_err2str(failed));
  }

  const std::shared_ptr<KafkaPool> pool_;
  const std::string name_;
  std::shared_ptr<KafkaOutbox> outbox_ = std::make_shared<KafkaOutbox>();
  std::shared_ptr<KafkaHandle> handle_;
  rd_kafka_topic_t* topic_ = nullptr;
};

}  // namespace

base::Result<std::unique_ptr<log::Sink>> open_kafka_sink(std::shared_ptr<KafkaPool> pool,
                                                         const std::string& topic) {
  auto sink = std::make_unique<KafkaSink>(std::move(pool), topic);
  TIDEMARK_TRY_VOID(sink->open());
  return sink;
}

}  // namespace tidemark::topics
