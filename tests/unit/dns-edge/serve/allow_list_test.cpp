#include "dns-edge/serve/allow_list.hpp"

#include <gtest/gtest.h>

namespace tidemark::edge {
namespace {

Client at(std::string_view text) {
  const net::IpAddress ip = *net::parse_ip(text);
  const std::uint8_t octets = ip.family == net::IpAddress::Family::V4 ? 4 : 16;
  return {.address = ip.octets, .address_octets = octets};
}

AllowList list(std::initializer_list<std::string_view> prefixes) {
  std::vector<Prefix> parsed;
  for (const auto& one : prefixes) parsed.push_back(*parse_prefix(one));
  return AllowList(std::move(parsed));
}

TEST(AllowList, HoldsWhatItsPrefixesHold) {
  const AllowList allowed =
      list({"192.0.2.0/24", "198.51.100.7", "203.0.113.128/25", "10.16.0.0/12"});
  EXPECT_TRUE(allowed.contains(at("192.0.2.255")));
  EXPECT_FALSE(allowed.contains(at("192.0.3.0")));
  EXPECT_TRUE(allowed.contains(at("198.51.100.7")));
  EXPECT_FALSE(allowed.contains(at("198.51.100.6")));
  EXPECT_TRUE(allowed.contains(at("203.0.113.200")));
  EXPECT_FALSE(allowed.contains(at("203.0.113.127")));
  EXPECT_TRUE(allowed.contains(at("10.31.255.255")));
  EXPECT_FALSE(allowed.contains(at("10.32.0.0")));
  EXPECT_FALSE(allowed.contains(Client{})) << "an address that is not known";
}

TEST(AllowList, KeepsTheFamiliesApart) {
  EXPECT_TRUE(list({"2001:db8::/33"}).contains(at("2001:db8:7fff::1")));
  EXPECT_FALSE(list({"2001:db8::/33"}).contains(at("2001:db8:8000::1")));
  EXPECT_FALSE(list({"0.0.0.0/0"}).contains(at("::1")));
  EXPECT_TRUE(list({"0.0.0.0/0"}).contains(at("8.8.8.8")));
  EXPECT_TRUE(list({"::/0"}).contains(at("::1")));
}

TEST(AllowList, WhatIsNoPrefixIsRefused) {
  for (const char* text : {"", "localhost", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1",
                           "192.0.2.1/24", "::/129", "2001:db8::1/64", "192.0.2.0/8x"}) {
    EXPECT_FALSE(parse_prefix(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace tidemark::edge
