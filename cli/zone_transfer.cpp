#include "cli/zone_transfer.hpp"

#include <cerrno>
#include <charconv>
#include <chrono>
#include <map>
#include <memory>
#include <system_error>

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/random_change_id.hpp"
#include "core/base/bytes.hpp"
#include "core/dns/master_file.hpp"
#include "core/dns/message.hpp"

namespace tidemark::cli {

namespace {

constexpr std::chrono::seconds connect_within{10};
constexpr std::chrono::seconds next_octets_within{30};
constexpr std::size_t serial_from_end = 20;  // of an SOA's RDATA

std::string error_text(int number) { return std::generic_category().message(number); }

// One TCP connection, with a deadline for each wait.
class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (socket_ >= 0) close(socket_);
  }

  Outcome open(const ZoneServerName& server) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed = getaddrinfo(server.host.c_str(), server.port.c_str(), &hints, &found);
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all(found, &freeaddrinfo);
    if (failed != 0) return fail(Exit::Error, gai_strerror(failed));
    std::string why = "it has no address";
    for (const addrinfo* one = all.get(); one != nullptr; one = one->ai_next) {
      why = connect_to(*one);
      if (why.empty()) return {};
    }
    return fail(Exit::Error, "not connected: " + why);
  }

  Outcome send_all(base::ByteView octets) {
    while (!octets.empty()) {
      const ssize_t sent = send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) {
        if (!wait(POLLOUT, next_octets_within)) return fail(Exit::TimeOut, "it takes no question");
        continue;
      }
      if (sent < 0) return fail(Exit::Error, "the connection broke: " + error_text(errno));
      octets = octets.subspan(static_cast<std::size_t>(sent));
    }
    return {};
  }

  Expected<base::Bytes> read(std::size_t octets) {
    base::Bytes text(octets);
    for (std::size_t have = 0; have < octets;) {
      const ssize_t got = recv(socket_, text.data() + have, octets - have, 0);
      if (got > 0) {
        have += static_cast<std::size_t>(got);
      } else if (got == 0) {
        return fail(Exit::Error, "it closed the connection before the zone's end");
      } else if (errno != EAGAIN) {
        return fail(Exit::Error, "the connection broke: " + error_text(errno));
      } else if (!wait(POLLIN, next_octets_within)) {
        return fail(Exit::TimeOut,
                    "nothing came within " + std::to_string(next_octets_within.count()) + " s");
      }
    }
    return text;
  }

 private:
  bool wait(short events, std::chrono::milliseconds patience) const {
    pollfd one{.fd = socket_, .events = events, .revents = 0};
    return poll(&one, 1, static_cast<int>(patience.count())) == 1;
  }

  std::string connect_to(const addrinfo& address) {  // why not; empty: connected
    if (socket_ >= 0) close(socket_);
    socket_ = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_ < 0) return error_text(errno);
    if (connect(socket_, address.ai_addr, address.ai_addrlen) == 0) return {};
    if (errno != EINPROGRESS) return error_text(errno);
    if (!wait(POLLOUT, connect_within)) return "no answer";
    int error = 0;
    socklen_t size = sizeof error;
    (void)getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    return error == 0 ? std::string() : error_text(error);
  }

  int socket_ = -1;
};

// Puts the records of the messages together, from the first SOA to its second coming.
class Transfer {
 public:
  explicit Transfer(const dns::Name& zone) : zone_(zone) {}
  bool done() const noexcept { return done_; }

  Outcome add(const dns::Message& message, std::uint16_t id) {
    constexpr std::uint16_t wanted = dns::flag_qr;
    if (message.id != id || (message.flags & (dns::flag_qr | dns::opcode_mask)) != wanted) {
      return fail(Exit::Error, "it answered another question");
    }
    if (message.rcode() != dns::Rcode::NoError) {
      return fail(Exit::Error,
                  "it refuses: rcode " + std::to_string(static_cast<int>(message.rcode())),
                  "let that server allow transfers of the zone to this address");
    }
    if (message.answer.empty()) return fail(Exit::Error, "a message without records");
    for (const dns::MessageRecord& record : message.answer) {
      if (auto added = add(record); !added) return added;
    }
    return {};
  }

  Expected<std::vector<dns::Rrset>> rrsets() && {
    std::vector<dns::Rrset> all;
    all.reserve(rrsets_.size());
    for (auto& [key, rrset] : rrsets_) {
      const std::string name = key.first.to_text() + " " + dns::to_text(key.second);
      auto canonical = dns::canonicalize(std::move(rrset));
      if (!canonical) return fail(Exit::Error, name + ": " + canonical.error().trail);
      all.push_back(*std::move(canonical));
    }
    return all;
  }
  std::uint32_t serial() const noexcept { return serial_; }

 private:
  Outcome add(const dns::MessageRecord& record) {
    const std::string name = record.owner.to_text() + " " + dns::to_text(record.type);
    if (done_) return fail(Exit::Error, name + " comes behind the zone's end");
    if (++records_ > transfer_records_max) {
      return fail(Exit::Error, "more than " + std::to_string(transfer_records_max) + " records");
    }
    if (record.rr_class != dns::RrClass::In) return fail(Exit::Error, name + ": not class IN");
    if (!record.owner.view().is_at_or_below(zone_)) {
      return fail(Exit::Error, name + " lies outside of the zone");
    }
    const bool soa = record.type == dns::RrType::Soa && record.owner == zone_;
    if (records_ == 1 && !soa) return fail(Exit::Error, "its first record is not the zone's SOA");
    if (soa) {
      if (record.rdata.size() < serial_from_end + 2) return fail(Exit::Error, "a broken SOA");
      const std::uint32_t serial =
          base::load_u32(record.rdata.data() + record.rdata.size() - serial_from_end);
      if (records_ > 1) {
        if (serial != serial_) {
          return fail(Exit::Error, "the zone changed while it was sent", "the same command again");
        }
        done_ = true;
        return {};
      }
      serial_ = serial;
    }
    auto [found, first] =
        rrsets_.try_emplace({record.owner, record.type},
                            dns::Rrset{record.owner, record.type, dns::Ttl(record.ttl), {}});
    found->second.rdata.push_back(record.rdata);
    return {};
  }

  const dns::Name zone_;
  std::map<std::pair<dns::Name, dns::RrType>, dns::Rrset> rrsets_;
  std::size_t records_ = 0;
  std::uint32_t serial_ = 0;
  bool done_ = false;
};

Expected<Transfer> receive(const ZoneServerName& server, const dns::Name& zone) {
  Connection connection;
  if (auto opened = connection.open(server); !opened) return std::unexpected(opened.error());
  const auto id = static_cast<std::uint16_t>(random_change_id().value().low);
  const base::Bytes question = dns::make_query(id, zone, dns::RrType::Axfr, 0);
  base::Writer framed;
  framed.put_u16(static_cast<std::uint16_t>(question.size()));
  framed.put(question);
  if (auto sent = connection.send_all(framed.view()); !sent) return std::unexpected(sent.error());
  Transfer transfer(zone);
  std::size_t octets = 0;
  while (!transfer.done()) {
    const auto length = connection.read(2);
    if (!length) return std::unexpected(length.error());
    const std::size_t size = static_cast<std::size_t>((*length)[0]) << 8U | (*length)[1];
    octets += size;
    if (octets > transfer_octets_max) return fail(Exit::Error, "the zone is larger than 1 GiB");
    const auto wire = connection.read(size);
    if (!wire) return std::unexpected(wire.error());
    const auto message = dns::read_message(*wire);
    if (!message) return fail(Exit::Error, "not a DNS message: " + message.error().trail);
    if (auto added = transfer.add(*message, id); !added) return std::unexpected(added.error());
  }
  return transfer;
}

}  // namespace

Expected<ZoneServerName> parse_server(const std::string& text) {
  ZoneServerName server{text.substr(0, text.rfind('@'))};
  if (const std::size_t at = text.rfind('@'); at != std::string::npos) {
    server.port = text.substr(at + 1);
  }
  unsigned port = 0;
  const char* const end = server.port.data() + server.port.size();
  const auto read = std::from_chars(server.port.data(), end, port);
  if (server.host.empty() || read.ec != std::errc() || read.ptr != end || port == 0 ||
      port > 65535) {
    return fail(Exit::Usage, text + ": not a server", "ns1.example.org, or 192.0.2.1@5353");
  }
  return server;
}

Expected<TransferredZone> transfer_zone(const ZoneServerName& server, const dns::Name& zone) {
  const std::string path = zone.to_text() + " from " + server.to_text();
  auto transfer = receive(server, zone);
  if (!transfer) return std::unexpected(std::move(transfer).error().at("transfer of " + path));
  const std::uint32_t serial = transfer->serial();
  auto rrsets = std::move(*transfer).rrsets();
  if (!rrsets) return std::unexpected(std::move(rrsets).error().at("transfer of " + path));
  auto file = read_zone_text(path, dns::write_master_file(zone, *rrsets), zone.to_text());
  if (!file) return std::unexpected(std::move(file).error());
  return TransferredZone{*std::move(file), serial};
}

}  // namespace tidemark::cli
