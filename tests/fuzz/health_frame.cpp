// The input is a record that claims to be a HealthFrame.
#include "tests/fuzz/codec_laws.hpp"

using namespace tidemark;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  fuzz::check_codec(schemas::decode_health_frame({octets, size}), schemas::decode_health_frame);
  return 0;
}
