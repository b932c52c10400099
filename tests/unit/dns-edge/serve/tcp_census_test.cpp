#include "dns-edge/serve/tcp_census.hpp"

#include <gtest/gtest.h>

namespace tidemark::edge {
namespace {

using Entry = TcpCensus::Entry;

const net::IpAddress one = *net::parse_ip("192.0.2.1"), two = *net::parse_ip("192.0.2.2");

TEST(TcpCensus, KeepsBothLimits) {
  TcpCensus census(3, 2);
  EXPECT_EQ(census.enter(one), Entry::Admitted);
  EXPECT_EQ(census.enter(one), Entry::Admitted);
  EXPECT_EQ(census.enter(one), Entry::SourceFull);
  EXPECT_EQ(census.enter(two), Entry::Admitted);
  EXPECT_EQ(census.enter(two), Entry::NodeFull);
  EXPECT_EQ(census.enter(one), Entry::SourceFull) << "its own limit first";
  EXPECT_EQ(census.connections(), 3u);
  census.leave(one);
  EXPECT_EQ(census.enter(two), Entry::Admitted);
  census.leave(one);
  census.leave(two);
  census.leave(two);
  EXPECT_EQ(census.connections(), 0u);
  EXPECT_EQ(census.enter(one), Entry::Admitted);
}

TEST(TcpCensus, MoreThanHalfFullIsFull) {
  TcpCensus census(4, 4);
  census.enter(one);
  census.enter(one);
  EXPECT_FALSE(census.is_more_than_half_full());
  census.enter(one);
  EXPECT_TRUE(census.is_more_than_half_full());
}

}  // namespace
}  // namespace tidemark::edge
