#include "consumer/history/stored_rrset.hpp"

namespace tidemark::consumer {

base::Bytes to_stored(const std::vector<base::Bytes>& rdata) {
  base::Writer out;
  for (const base::Bytes& one : rdata) {
    out.put_u16(static_cast<std::uint16_t>(one.size()));
    out.put(one);
  }
  return std::move(out).take();
}

base::Result<std::vector<base::Bytes>> from_stored(base::ByteView stored) {
  std::vector<base::Bytes> rdata;
  base::Reader in(stored);
  while (!in.at_end()) {
    const auto length = in.take_u16();
    const auto octets = length ? in.take(*length) : std::nullopt;
    if (!octets) {
      return base::fail(base::Errc::Invalid,
                        "the history index is damaged (a record is cut short); delete it, and it "
                        "is built anew from the log");
    }
    rdata.emplace_back(octets->begin(), octets->end());
  }
  return rdata;
}

}  // namespace tidemark::consumer
