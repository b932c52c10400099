// The pages of GET /v1/hashes, which every edge and controller serves alike: the hash tree of one
// version (core/dataset/hash_tree.hpp), a level a page, so that two nodes are compared with a few
// requests whatever their size.
//
//   ?                        version, hashes of the groups of zones, of entries, of constructions
//   ?group=G                 the zones of a group, with their hashes
//   ?zone=Z                  the buckets of a zone, with their sums
//   ?zone=Z&bucket=B         the RRsets of a bucket: leaf and value
//   ?constructions=1         zones under construction; construction=Z[&bucket=B] as above
//   ?entries=1               pools, overrides, settings of zones, cookie salts
//
// With seq=N all of this at version N: the caller finds it (find_seq); what is not held is 404.
//
// Threads  Any.
// Errors   As responses: 400, 404.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "core/dataset/dataset.hpp"
#include "net/http.hpp"

namespace tidemark::consumer {

// Which version is asked for; none: the newest. Invalid: not a number, or an unknown parameter.
[[nodiscard]] base::Result<std::optional<std::uint64_t>> find_seq(const net::HttpRequest& request);
// Requires find_seq() without an Error.
net::HttpResponse hash_page(const dataset::Dataset& dataset, const net::HttpRequest& request);
// `newest`: the version that is held at least; 0: none.
net::HttpResponse not_held_page(std::uint64_t seq, std::uint64_t newest);

}  // namespace tidemark::consumer
