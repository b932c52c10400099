#include "core/event/health_frame.hpp"
#include "health_frame_generated.h"
#include "schemas/codec.hpp"
#include "schemas/opening.hpp"

namespace tidemark::schemas {

namespace {

constexpr RecordForm health_frame_form{"health frame", "TMHF", event::health_frame_octets_max,
                                       wire::VerifyHealthFrameBuffer};
constexpr std::size_t prober_octets_max = 255;
constexpr std::size_t cause_octets_max = 255;
constexpr std::size_t name_octets_max = 63;  // of pools and endpoints: core/event/pool.hpp

base::Result<event::Observation> read(const wire::Observation& seen, Reading& reading) {
  using event::Observed;
  TIDEMARK_TRY(std::string pool, reading.text("pool", seen.pool(), name_octets_max));
  TIDEMARK_TRY(std::string endpoint, reading.text("endpoint", seen.endpoint(), name_octets_max));
  TIDEMARK_TRY(const auto observed,
               known("observed", seen.observed(), {Observed::Up, Observed::Down, Observed::Drain}));
  TIDEMARK_TRY(std::string cause, reading.text("cause", seen.cause(), cause_octets_max));
  return event::Observation{std::move(pool), std::move(endpoint), observed, std::move(cause)};
}

base::Result<event::HealthFrame> read(const wire::HealthFrame& wire_frame, Reading& reading) {
  event::HealthFrame frame;
  frame.min_reader = wire_frame.min_reader();
  frame.number = wire_frame.number();
  frame.full = wire_frame.full();
  frame.agent = wire_frame.agent();
  TIDEMARK_TRY(frame.prober, reading.text("prober", wire_frame.prober(), prober_octets_max));
  TIDEMARK_TRY(frame.observations,
               reading.list<event::Observation>(
                   "observations", wire_frame.observations(), event::observations_max,
                   [](const wire::Observation& seen, Reading& all) { return read(seen, all); }));
  return frame;
}

}  // namespace

// Pool names repeat: sharing them keeps the full frame of a large fleet small. Nothing else is
// shared, so that what is read stays below read_factor_max times what was written.
base::Bytes encode(const event::HealthFrame& frame) {
  flatbuffers::FlatBufferBuilder out(1024);
  const auto text = [&out](const std::string& value) {
    return value.empty() ? flatbuffers::Offset<flatbuffers::String>() : out.CreateString(value);
  };
  std::vector<flatbuffers::Offset<wire::Observation>> seen;
  seen.reserve(frame.observations.size());
  for (const event::Observation& observation : frame.observations) {
    const auto pool = out.CreateSharedString(observation.pool);
    const auto endpoint = text(observation.endpoint);
    const auto cause = text(observation.cause);
    seen.push_back(wire::CreateObservation(
        out, pool, endpoint, static_cast<wire::Observed>(observation.observed), cause));
  }
  const auto list = out.CreateVector(seen);
  const auto prober = text(frame.prober);
  const auto root = wire::CreateHealthFrame(out, frame.min_reader, prober, frame.number, frame.full,
                                            frame.agent, list);
  wire::FinishHealthFrameBuffer(out, root);
  return base::Bytes(out.GetBufferPointer(), out.GetBufferPointer() + out.GetSize());
}

base::Result<event::HealthFrame> decode_health_frame(base::ByteView record) {
  TIDEMARK_TRY(const Opened opened, open(record, health_frame_form));
  Reading reading(record.size());
  auto frame = read(*wire::GetHealthFrame(opened.data()), reading);
  if (!frame) return std::unexpected(std::move(frame).error().at(health_frame_form.noun));
  return frame;
}

}  // namespace tidemark::schemas
