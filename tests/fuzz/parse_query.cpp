// The input is a datagram.
#include "core/base/check.hpp"
#include "core/dns/message.hpp"

using namespace tidemark;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const base::ByteView datagram(octets, size);
  dns::Query query;
  const auto verdict = dns::parse_query(datagram, query);
  if (!query.question.empty()) {
    const auto name = dns::Name::from_wire(query.question.first(query.qname_octets));
    TIDEMARK_CHECK(name && name->view() == query.qname(),
                   "the folded name is that of the question");
  }
  TIDEMARK_CHECK(verdict != dns::QueryVerdict::Answer || !query.question.empty(),
                 "what is answered has a question");
  if (const auto message = dns::read_message(datagram)) {
    TIDEMARK_CHECK(!dns::to_text(*message).empty(), "a message has a text");
  }
  return 0;
}
