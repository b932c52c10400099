// Changes one A record in the newest snapshot file of a stopped node, and seals the file again: its
// checksums, its state hash and its name are right, its position and chain are those of before.
// Such a state is what a fault of memory or of the fold would leave: for tests only.
//
//   plant_difference FOLDER DATASET ZONE OWNER ADDRESS
#include <iostream>
#include <span>

#include "consumer/snapshot_file/posix_disk.hpp"
#include "consumer/snapshot_file/snapshot_store.hpp"
#include "core/dataset/editor.hpp"
#include "core/dns/rdata.hpp"

namespace tidemark {
namespace {

base::Result<std::string> plant(const std::string& folder, const std::string& dataset_name,
                                const std::string& zone_name, const std::string& owner_name,
                                const std::string& address) {
  TIDEMARK_TRY(const auto disk, consumer::PosixDisk::open(folder));
  const dataset::Lineage lineage = consumer::lineage_of(dataset_name);
  consumer::SnapshotStore store(*disk, lineage);
  consumer::RestoreReport found = store.restore(dataset::HashSeed(1));
  if (!found.contents) return base::fail(base::Errc::NotFound, folder + ": no snapshot file");
  TIDEMARK_TRY(const auto zone, dns::Name::parse(zone_name));
  TIDEMARK_TRY(const auto owner, dns::Name::parse(owner_name));
  TIDEMARK_TRY(const auto rdata, dns::rdata_from_text(dns::RrType::A, address, zone.view()));
  fold::State& state = found.contents->state;
  const dataset::Seq seq = state.dataset.version().seq;
  {
    dataset::Editor editor(state.dataset);
    editor.put_rrset(zone, {owner, dns::RrType::A, dns::Ttl(300), {rdata}});
    editor.set_seq(seq);
    state.dataset = std::move(editor).finish();
  }
  const base::Bytes octets = consumer::serialize(*found.contents);
  constexpr std::size_t generation_end = sizeof("snapshot-0000000000-") - 1;
  const std::string name =
      found.file.substr(0, generation_end) + base::to_hex(base::sha256(octets)) + ".tmsnap";
  TIDEMARK_TRY_VOID(disk->remove(found.file));
  TIDEMARK_TRY_VOID(disk->write_durably(name, octets));
  return name;
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  if (arguments.size() != 6) {
    std::cerr << "usage: plant_difference FOLDER DATASET ZONE OWNER ADDRESS\n";
    return 2;
  }
  const auto planted =
      tidemark::plant(arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
  if (!planted) {
    std::cerr << planted.error().trail << "\n";
    return 1;
  }
  std::cout << *planted << "\n";
  return 0;
}
