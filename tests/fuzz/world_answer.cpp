// The input is a history of ChangeSets and then questions, all as Choices: the edge answers from
// what the fold made of them.
#include "core/base/check.hpp"
#include "core/dns/message.hpp"
#include "tests/fuzz/answering.hpp"
#include "tests/fuzz/message_walk.hpp"
#include "tests/fuzz/world.hpp"

using namespace tidemark;

namespace {

dns::RrType qtype_of(fuzz::Choices& choices) {
  switch (choices.below(8)) {
    case 0:  return dns::RrType::Any;
    case 1:  return static_cast<dns::RrType>(choices.u16());
    default: return fuzz::type_of(choices);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  fuzz::Choices choices(base::ByteView(octets, size));
  const std::size_t changes = 1 + choices.below(8);
  const auto snapshot = fuzz::snapshot_of(fuzz::fold_of(choices, changes).dataset);
  for (int i = 0; i < 8 && !choices.at_end(); ++i) {
    const std::uint8_t how = choices.u8() & 0x7f;
    const dns::Name qname = fuzz::name_of(choices);
    const dns::RrType qtype = qtype_of(choices);
    const std::uint16_t payload = (how & 8) == 0 ? 0 : 1232;
    const base::Bytes query = dns::make_query(7, qname, qtype, payload);
    const base::ByteView reply = fuzz::ask(query, how, snapshot);
    TIDEMARK_CHECK(!reply.empty(), "a question gets an answer");
    // The same state says the same, octet by octet.
    const base::Bytes first(reply.begin(), reply.end());
    const base::ByteView again = fuzz::ask(query, how, snapshot);
    TIDEMARK_CHECK(std::ranges::equal(first, again), "an answer is a function of its Snapshot");
  }
  return 0;
}
