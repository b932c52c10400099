// Two whole edges in this process: one has a log and shares its files, the other has neither.
#include "dns-edge/app/recovery.hpp"

#include <chrono>
#include <filesystem>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "dns-edge/app/edge_node.hpp"
#include "net/http_client.hpp"
#include "tests/support/life.hpp"
#include "tests/unit/topics/temporary_folder.hpp"
#include "topics/definitions.hpp"
#include "topics/sqlite_log.hpp"

namespace tidemark::edge {
namespace {

using namespace std::chrono_literals;
using support::name;

const dns::Name zone = name("example.org.");

class TwoEdges : public ::testing::Test {
 protected:
  struct One {
    EdgeSettings settings;
    std::string told;
    std::unique_ptr<EdgeNode> node;
  };

  TwoEdges() {
    for (One* one : {&first, &second}) {
      const std::string name = one == &first ? "first" : "second";
      one->settings.log.path = folder.path() + "/" + name + ".log";
      one->settings.dataset = "main";
      one->settings.state_folder = folder.path() + "/" + name;
      one->settings.listen = {*net::parse_address("127.0.0.1:0")};
      one->settings.admin = *net::parse_address("127.0.0.1:0");
      one->settings.node = name;
      one->settings.workers = 1;
    }
    first.settings.snapshots.share = net::parse_address("127.0.0.1:0").value();
    auto log = topics::SqliteLog::open(first.settings.log.path);
    EXPECT_TRUE((*log)->create(*topics::default_topics("main")).has_value());
    std::vector<log::Draft> drafts{support::draft(support::create_zone(1, zone))};
    for (std::uint64_t i = 2; i < 20; ++i) {
      drafts.push_back(support::draft(support::put(i, zone, support::a_record(zone, 0xc0000201))));
    }
    support::append(**log, "main.changes", drafts);
  }

  void start(One& one) {
    auto started = EdgeNode::start(
        io, one.settings,
        {.remark = [&one](Severity, const std::string& line) { one.told += line + "\n"; },
         .failed = [](const std::string& why) { ADD_FAILURE() << why; }});
    ASSERT_TRUE(started.has_value()) << started.error().trail;
    one.node = *std::move(started);
  }
  void stop(One& one) {
    one.node.reset();
    io.restart();
    io.poll();
  }
  bool until(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      io.restart();
      io.run_one_for(20ms);
    }
    return true;
  }
  std::string get(const std::string& url) {
    net::HttpCall call;
    call.url = *net::parse_url(url);
    const auto response = net::fetch(std::move(call), 5s);
    return response ? response->body : "";
  }
  std::string version(One& one) {
    return get("http://" + net::to_text(one.node->admin_address()) + "/version");
  }
  // Of the page /version of `first`, once its newest file is shared.
  std::string shared_url() {
    std::string url;
    EXPECT_TRUE(until([&] {
      const std::string page = version(first);
      const auto at = page.find("\"snapshot_url\":\"");
      if (at == std::string::npos) return false;
      url = page.substr(at + 16, page.find('"', at + 16) - at - 16);
      return !url.empty() && get(url + "/v1/snapshots").find("\"seq\":19") != std::string::npos;
    })) << first.told;
    return url;
  }

  topics::TemporaryFolder folder;
  boost::asio::io_context io;
  One first, second;
};

TEST_F(TwoEdges, OneWithoutAnythingServesTheFileOfItsPeerAndKeepsIt) {
  start(first);
  const std::string url = shared_url();
  second.settings.snapshots.sources = {
      {consumer::SnapshotSource::Kind::Peer, *consumer::base_url(url), {}}};
  start(second);
  ASSERT_TRUE(until([&] { return !second.node->addresses().empty(); })) << second.told;
  EXPECT_NE(version(second).find("\"seq\":19"), std::string::npos);
  EXPECT_NE(version(second).find("RESTORED"), std::string::npos) << "its log was never there";
  EXPECT_NE(second.told.find("bootstrap: version 19"), std::string::npos) << second.told;
  EXPECT_NE(version(second).find("\"adopted\":1"), std::string::npos);
  stop(second);
  stop(first);

  second.told.clear();
  start(second);  // nobody is there any more
  ASSERT_TRUE(until([&] { return !second.node->addresses().empty(); })) << second.told;
  EXPECT_NE(second.told.find("restored version 19"), std::string::npos) << second.told;
  stop(second);
}

TEST_F(TwoEdges, ShortReplaysNeedNoFile) {
  start(first);
  const std::string url = shared_url();
  second.settings.log.path = first.settings.log.path;
  second.settings.snapshots.sources = {
      {consumer::SnapshotSource::Kind::Peer, *consumer::base_url(url), {}}};
  start(second);
  ASSERT_TRUE(until([&] { return version(second).find("LIVE") != std::string::npos; }));
  EXPECT_NE(version(second).find("\"adopted\":0"), std::string::npos);
  EXPECT_EQ(second.told.find("looking for"), std::string::npos) << second.told;
  stop(second);
  stop(first);
}

TEST_F(TwoEdges, TheSharedListIsAllThatItsAddressServes) {
  start(first);
  const std::string url = shared_url();
  EXPECT_NE(get(url + "/metrics").find("no such page"), std::string::npos);
  EXPECT_NE(get(url + "/v1/snapshots/" + std::string(64, '0')).find("no snapshot file"),
            std::string::npos);
  stop(first);
}

}  // namespace
}  // namespace tidemark::edge
