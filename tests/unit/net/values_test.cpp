// Addresses, URLs, tokens, JSON fields, headers and ranges: what net does without a socket.
#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "net/address.hpp"
#include "net/http.hpp"
#include "net/json.hpp"
#include "net/token.hpp"
#include "net/url.hpp"

namespace tidemark::net {
namespace {

TEST(Address, ReadsAndPrintsBothFamilies) {
  for (const std::string text :
       {"127.0.0.1:5301", "[::1]:53", "0.0.0.0:0", "[2001:db8::7]:65535"}) {
    const auto address = parse_address(text);
    ASSERT_TRUE(address) << address.error().trail;
    EXPECT_EQ(to_text(*address), text);
  }
}

TEST(Address, RefusesWhatIsNoAddressWithAPort) {
  for (const std::string text :
       {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:53", "[::1]", "[127.0.0.1]:53",
        "localhost:53", "127.0.0.1:5x", "[::1:53", "[]:1"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
  EXPECT_EQ(parse_address("127.0.0.1:99999").error().trail,
            "127.0.0.1:99999: port \"99999\": not a number from 0 to 65535");
}

TEST(Address, KnowsLoopback) {
  for (const auto* text : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(parse_ip(text)->is_loopback()) << text;
  }
  for (const auto* text : {"128.0.0.1", "0.0.0.0", "::", "::2", "::ffff:128.0.0.1"}) {
    EXPECT_FALSE(parse_ip(text)->is_loopback()) << text;
  }
}

TEST(Url, FillsInPortsAndTarget) {
  const auto url = parse_url("https://www.example.org/a%2Fb?c=d#e");
  ASSERT_TRUE(url) << url.error().trail;
  EXPECT_EQ(*url, (Url{Url::Scheme::Https, "www.example.org", 443, "/a%2Fb?c=d"}));
  EXPECT_EQ(host_header(*url), "www.example.org");
  EXPECT_EQ(*parse_url("http://[::1]:8080"), (Url{Url::Scheme::Http, "::1", 8080, "/"}));
  EXPECT_EQ(to_text(*parse_url("http://[::1]:8080/x")), "http://[::1]:8080/x");
}

// Found by fuzz/addresses: the Host header of the first would have been two headers.
TEST(Url, RefusesAHostThatIsNeitherNameNorAddress) {
  for (const auto* text :
       {"http://a%0d%0aX-Evil:1/", "http://a%2fb/", "http://%00/", "http://[v1.a:b]/"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

TEST(Url, RefusesOtherSchemesUsersAndPortZero) {
  for (const auto* text : {"ftp://a/", "http:///x", "a", "", "http://u:p@a/", "http://a:0/",
                           "http://a:70000/", "http://a b/", "http://a:80%41/"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

TEST(Url, DecodesTargets) {
  const auto target =
      parse_target("/v1/zones/0%2F25.2.0.192.in-addr.arpa./?name=a+b&x=%26&dry_run");
  ASSERT_TRUE(target) << target.error().trail;
  EXPECT_EQ(target->path, (std::vector<std::string>{"v1", "zones", "0/25.2.0.192.in-addr.arpa."}));
  ASSERT_EQ(target->query.size(), 3u);
  EXPECT_EQ(target->query[0].second, "a b");
  EXPECT_EQ(target->query[1].second, "&");
  EXPECT_EQ(target->query[2], (std::pair<std::string, std::string>("dry_run", "")));
  EXPECT_TRUE(parse_target("/")->path.empty());
  EXPECT_FALSE(parse_target("/%zz"));
  EXPECT_FALSE(parse_target("v1"));
  EXPECT_EQ(encode_segment("0/25.a b*"), "0%2F25.a%20b%2A");
}

TEST(Addresses, ANulOctetIsNoEndOfText) {
  using std::string_view_literals::operator""sv;
  EXPECT_FALSE(parse_ip("127.0.0.1\0"sv));
  EXPECT_FALSE(parse_ip("127.0.0.1\0.example"sv));
  EXPECT_FALSE(parse_address("127.0.0.1\0:53"sv));
}

TEST(Tokens, FindTheirBearer) {
  const std::string file = "# people\n\n" + token_line("secret-1", {"alice", {"read", "write"}}) +
                           token_line("secret-2", {"robot", {"read"}});
  const auto tokens = Tokens::parse(file);
  ASSERT_TRUE(tokens) << tokens.error().trail;
  ASSERT_NE(tokens->find("secret-1"), nullptr);
  EXPECT_EQ(tokens->find("secret-1")->name, "alice");
  EXPECT_TRUE(tokens->find("secret-1")->may("write"));
  EXPECT_FALSE(tokens->find("secret-2")->may("write"));
  EXPECT_EQ(tokens->find("secret-3"), nullptr);
  EXPECT_EQ(tokens->find_authorization("Bearer secret-2")->name, "robot");
  EXPECT_EQ(tokens->find_authorization("bearer secret-2")->name, "robot");
  EXPECT_EQ(tokens->find_authorization("Basic secret-2"), nullptr);
  EXPECT_EQ(tokens->find_authorization("secret-2"), nullptr);
  EXPECT_EQ(file.find("secret-1"), std::string::npos) << "the token itself is not in the file";
}

TEST(Tokens, NameTheLineThatIsWrong) {
  EXPECT_EQ(Tokens::parse("\nabc alice read\n").error().trail,
            "line 2: begins with the SHA-256 of a token, 64 hexadecimal digits");
  const std::string hash(64, 'a');
  EXPECT_TRUE(Tokens::parse(hash + " alice read"));
  EXPECT_FALSE(Tokens::parse(hash + " alice"));
  EXPECT_TRUE(Tokens::parse(hash + " alice read,write,approve"));
  EXPECT_EQ(Tokens::parse("\n" + hash + " alice read,wirte").error().trail,
            "line 2: wirte: no scope; there are read, write and approve");
  EXPECT_FALSE(Tokens::parse(hash + " alice read more"));
  EXPECT_FALSE(Tokens::parse(hash.substr(1) + " alice read"));
  EXPECT_FALSE(Tokens::parse(hash.substr(1) + "g alice read"));
}

TEST(Json, TellsWhereTheTextIsWrong) {
  const auto broken = parse_json("{\n  \"a\": nope\n}");
  ASSERT_FALSE(broken);
  EXPECT_TRUE(broken.error().trail.starts_with("JSON: line 2, column ")) << broken.error().trail;
  EXPECT_FALSE(parse_json(""));
  EXPECT_FALSE(parse_json("{} x"));
  EXPECT_TRUE(parse_json(" {} "));
}

TEST(Json, BoundsTheDepth) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(parse_json(nested(json_depth_max)));
  EXPECT_FALSE(parse_json(nested(json_depth_max + 1)));
}

TEST(Json, ReadsFieldsByTypeAndRange) {
  const auto value = parse_json(R"({"name":"a","ttl":300,"on":true,"none":null,"list":[],"in":{},
                                    "minus":-1,"half":1.5,"big":18446744073709551615})");
  ASSERT_TRUE(value) << value.error().trail;
  const auto& object = **as_object(*value);
  EXPECT_EQ(*text_field(object, "name"), "a");
  EXPECT_EQ(*number_field(object, "ttl", 0, 300), 300u);
  EXPECT_EQ(*number_field(object, "big", 0, ~std::uint64_t{0}), ~std::uint64_t{0});
  EXPECT_TRUE(*flag_field(object, "on"));
  EXPECT_TRUE(array_field(object, "list"));
  EXPECT_TRUE(object_field(object, "in"));
  EXPECT_EQ(*optional_text_field(object, "none"), std::nullopt);
  EXPECT_EQ(*optional_number_field(object, "absent", 0, 1), std::nullopt);
  EXPECT_EQ(*optional_object_field(object, "absent"), nullptr);

  EXPECT_EQ(number_field(object, "ttl", 0, 299).error().trail,
            "ttl: not a whole number from 0 to 299");
  EXPECT_FALSE(number_field(object, "minus", 0, 10));
  EXPECT_FALSE(number_field(object, "half", 0, 10));
  EXPECT_FALSE(number_field(object, "name", 0, 10));
  EXPECT_EQ(text_field(object, "ttl").error().trail, "ttl: not a string");
  EXPECT_EQ(text_field(object, "none").error().trail, "none: missing");
  EXPECT_EQ(flag_field(object, "ttl").error().trail, "ttl: neither true nor false");
  EXPECT_FALSE(as_object(*parse_json("[]")));
}

TEST(Json, NamesTheNearestKnownKey) {
  const auto value = parse_json(R"({"record":[]})");
  const auto checked = check_keys(**as_object(*value), {"ttl", "records", "type"});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().trail, "record: unknown; did you mean \"records\"?");
  EXPECT_EQ(check_keys(**as_object(*value), {"ttl", "type"}).error().trail, "record: unknown");
  EXPECT_TRUE(check_keys(**as_object(*value), {"record"}));
}

TEST(HttpHeaders, AreComparedWithoutCase) {
  const HttpHeaders headers{{"If-Match", "7"}, {"if-match", "8"}};
  EXPECT_EQ(headers.get("IF-MATCH"), "7");
  EXPECT_EQ(headers.get("If-Matc"), std::nullopt);
}

TEST(HttpHeaders, KeepAValueOnItsLine) {
  HttpHeaders headers{{"A", "b\r\nC: d"}};
  headers.add("E", "f\ng");
  EXPECT_EQ(headers.get("A"), "b  C: d");
  EXPECT_EQ(headers.get("E"), "f g");
}

HttpResponse ranged(std::string_view range) {
  HttpRequest request;
  if (!range.empty()) request.headers.add("Range", std::string(range));
  const std::string_view text = "0123456789";
  const auto bytes = base::as_bytes(text);
  return ranged_response(request, octets_of({bytes.begin(), bytes.end()}),
                         "application/octet-stream");
}

TEST(RangedResponse, SendsThePartThatIsAskedFor) {
  const auto part = [](std::string_view range) {
    const HttpResponse response = ranged(range);
    base::Bytes octets(response.size());
    EXPECT_TRUE(response.shared->source->read(response.shared->first, octets));
    return std::string(base::as_text(octets));
  };
  EXPECT_EQ(part(""), "0123456789");
  EXPECT_EQ(part("bytes=2-4"), "234");
  EXPECT_EQ(part("bytes=7-"), "789");
  EXPECT_EQ(part("bytes=-3"), "789");
  EXPECT_EQ(part("bytes=9-99"), "9");
  EXPECT_EQ(part("bytes=-99"), "0123456789");
  EXPECT_EQ(ranged("bytes=2-4").status, 206u);
  EXPECT_EQ(ranged("bytes=2-4").headers.get("Content-Range"), "bytes 2-4/10");
  for (const auto* odd : {"bytes=4-2", "bytes=a-b", "lines=1-2", "bytes=1-2,4-5", "bytes="}) {
    EXPECT_EQ(ranged(odd).status, 200u) << odd;
  }
  EXPECT_EQ(ranged("bytes=10-").status, 416u);
  EXPECT_EQ(ranged("bytes=-0").status, 416u);
  EXPECT_EQ(ranged("bytes=10-12").headers.get("Content-Range"), "bytes */10");
}

}  // namespace
}  // namespace tidemark::net
