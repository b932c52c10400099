#include "core/log/record.hpp"

namespace tidemark::log {

base::Sha256 record_hash(const Record& record) {
  std::array<std::uint8_t, 4> length{};
  base::Sha256Stream stream;
  base::store_u32(length.data(), static_cast<std::uint32_t>(record.key.size()));
  stream.update(length);
  stream.update(base::as_bytes(record.key));
  base::store_u32(length.data(), static_cast<std::uint32_t>(record.value.size()));
  stream.update(length);
  stream.update(record.value);
  return stream.finish();
}

}  // namespace tidemark::log
