// BodyStream: the body of a response that goes on: octets as they come, until one side ends.
//
// Whoever answers sets HttpResponse::stream; it is called with the stream once the header is sent.
// A client that does not read is not waited for: with more than stream_backlog_octets_max unsent
// its connection is closed.
//
// Threads  That of the server's io_context.
#pragma once

#include <cstddef>
#include <string>

namespace tidemark::net {

constexpr std::size_t stream_backlog_octets_max = 1024 * 1024;

class BodyStream {
 public:
  virtual ~BodyStream() = default;
  // False: the client has gone, or was dropped because it reads too slowly.
  virtual bool send(std::string octets) = 0;
  virtual void end() = 0;
};

}  // namespace tidemark::net
