#include "consumer/snapshot_share/snapshot_share.hpp"

#include <set>

#include <gtest/gtest.h>

#include "tests/support/life.hpp"
#include "tests/support/manual_clock.hpp"

namespace tidemark::consumer {
namespace {

using namespace tidemark::support;

class SnapshotShareTest : public ::testing::Test {
 protected:
  SharedFile file_at(std::int64_t offset) {
    fold::State state = fold::State::empty(lineage_of("tests"), dataset::HashSeed(1));
    fold::step(state, create_zone(1, name("example.org.")), 0);
    fold::advance(state, offset, {});
    const base::Bytes octets = serialize({state, "memory", {}, -1, {}});
    return shared_file(base::sha256(octets), net::octets_of(octets)).value();
  }
  net::HttpResponse get(const SharedFile& file, net::HttpHeaders headers = {}) {
    net::HttpRequest request;
    request.method = "GET";
    request.path = {"v1", "snapshots", base::to_hex(file.sha256)};
    request.headers = std::move(headers);
    return share.respond(request);
  }
  static base::Bytes sent(const net::HttpResponse& response) {
    base::Bytes octets(response.size());
    EXPECT_TRUE(response.shared->source->read(response.shared->first, octets));
    return octets;
  }

  SeededRandom random{1};
  SnapshotShare share{{.downloads_max = 2, .retry_after_seconds = 3}, random};
};

TEST_F(SnapshotShareTest, ListsNewestFirstWithWhatAFileSaysOfItself) {
  const SharedFile older = file_at(3), newer = file_at(7);
  share.offer(newer);
  share.offer(older);
  const std::string list = share.list().body;
  EXPECT_LT(list.find(base::to_hex(newer.sha256)), list.find(base::to_hex(older.sha256)));
  EXPECT_NE(list.find("\"seq\":1,\"offset\":7,\"state_hash\":\"" +
                      base::to_hex(newer.state_hash.value()) + "\",\"chain\":\"" +
                      base::to_hex(newer.chain) + "\"}"),
            std::string::npos)
      << list;
}

TEST_F(SnapshotShareTest, ServesTheFileAndItsParts) {
  const SharedFile file = file_at(3);
  share.offer(file);
  EXPECT_EQ(get(file, {{"Range", "bytes=9999999-"}}).status, 416u);
  const auto whole = get(file);
  EXPECT_EQ(whole.status, 200u);
  EXPECT_EQ(base::sha256(sent(whole)), file.sha256);
  EXPECT_EQ(whole.headers.get("ETag"), "\"" + base::to_hex(file.sha256) + "\"");
  const auto part = get(file, {{"Range", "bytes=100-"}});
  EXPECT_EQ(part.status, 206u);
  base::Bytes joined = sent(whole);
  joined.resize(100);
  const base::Bytes rest = sent(part);
  joined.insert(joined.end(), rest.begin(), rest.end());
  EXPECT_EQ(base::sha256(joined), file.sha256) << "a download that broke off is resumed";
}

TEST_F(SnapshotShareTest, APartOfAnotherFileGetsTheWhole) {
  const SharedFile file = file_at(3);
  share.offer(file);
  EXPECT_EQ(get(file, {{"Range", "bytes=100-"}, {"If-Range", "\"other\""}}).status, 200u);
  const std::string tag = "\"" + base::to_hex(file.sha256) + "\"";
  EXPECT_EQ(get(file, {{"Range", "bytes=100-"}, {"If-Range", tag}}).status, 206u);
  EXPECT_EQ(get(file, {{"If-None-Match", tag}}).status, 304u);
}

TEST_F(SnapshotShareTest, MoreDownloadsThanItBearsAreToldToComeLater) {
  const SharedFile file = file_at(3);
  share.offer(file);
  auto first = std::make_optional(get(file));
  const auto second = get(file, {{"Range", "bytes=0-9"}});
  const auto third = get(file);
  EXPECT_EQ(third.status, 429u);
  const int wait = std::stoi(std::string(*third.headers.get("Retry-After")));
  EXPECT_GE(wait, 3);
  EXPECT_LE(wait, 6);
  EXPECT_NE(third.body.find("\"busy\""), std::string::npos);
  first.reset();  // sent, or its client has gone
  EXPECT_EQ(get(file).status, 200u);
  EXPECT_EQ(share.counters().refused, 1u);
  EXPECT_EQ(share.counters().downloads, 3u);
}

TEST_F(SnapshotShareTest, RetryAfterIsNotTheSameForAll) {
  const SharedFile file = file_at(3);
  share.offer(file);
  const auto first = get(file), second = get(file);
  std::set<std::string> waits;
  for (int i = 0; i < 50; ++i) waits.emplace(*get(file).headers.get("Retry-After"));
  EXPECT_GT(waits.size(), 2u);
}

TEST_F(SnapshotShareTest, WhatIsUnlistedIsStillServedAndWhatIsWithdrawnEndsWell) {
  const SharedFile file = file_at(3);
  share.offer(file);
  EXPECT_FALSE(share.is_read(file.sha256));
  auto download = std::make_optional(get(file));
  EXPECT_TRUE(share.is_read(file.sha256));
  share.unlist(file.sha256);
  EXPECT_EQ(share.list().body, "{\"snapshots\":[]}");
  share.offer(file);  // needed again: the download still counts
  EXPECT_TRUE(share.is_read(file.sha256));
  share.withdraw(file.sha256);
  EXPECT_EQ(get(file).status, 404u);
  EXPECT_EQ(base::sha256(sent(*download)), file.sha256);
  EXPECT_EQ(share.under_way(), 1u);
  download.reset();
  EXPECT_EQ(share.under_way(), 0u);
}

TEST_F(SnapshotShareTest, KnowsItsTwoRoutesOnly) {
  net::HttpRequest request;
  request.method = "GET";
  request.path = {"v1", "zones"};
  EXPECT_EQ(share.respond(request).status, 404u);
  request.path = {"v1", "snapshots"};
  EXPECT_EQ(share.respond(request).status, 200u);
  request.method = "DELETE";
  EXPECT_EQ(share.respond(request).status, 405u);
  EXPECT_EQ(share.respond(request).headers.get("Allow"), "GET, HEAD");
}

}  // namespace
}  // namespace tidemark::consumer
