#include "core/dns/name.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace tidemark::dns {
namespace {

using namespace std::string_literals;

Name name(std::string_view text) { return Name::parse(text).value(); }
std::string wire_text(const Name& name) { return std::string(base::as_text(name.wire())); }
std::string parse_error(std::string_view text) {
  const auto parsed = Name::parse(text);
  return parsed ? "accepted" : parsed.error().trail;
}

// A name of `octets` octets in wire form, root label included.
std::string name_of_octets(std::size_t octets) {
  std::string text;
  std::size_t left = octets - 1;
  while (left > 0) {
    const std::size_t label = std::min<std::size_t>(left - 1, left == 65 ? 62 : 63);
    text += std::string(label, 'a') + ".";
    left -= label + 1;
  }
  return text;
}

TEST(Name, IsLowerCasedAndAbsolute) {
  EXPECT_EQ(wire_text(name("WWW.Example.ORG")), "\3www\7example\3org\0"s);
  EXPECT_EQ(name("www.example.org"), name("WWW.example.org."));
  EXPECT_EQ(name("www.example.org").to_text(), "www.example.org.");
}

TEST(Name, LowerCasesNothingButTheLettersOfAscii) {
  EXPECT_EQ(wire_text(name("\\192\\091A[")), "\4\300[a[\0"s);
}

TEST(Name, IsCompletedWithTheOrigin) {
  const Name origin = name("example.org");
  EXPECT_EQ(Name::parse("www", origin).value(), name("www.example.org."));
  EXPECT_EQ(Name::parse("www.", origin).value(), name("www."));
  EXPECT_EQ(Name::parse("@", origin).value(), origin);
  EXPECT_EQ(Name::parse("\\@", origin).value().to_text(), "\\@.example.org.");
  EXPECT_EQ(parse_error("@"), "@ without an origin");
}

TEST(Name, ReadsAndWritesEscapes) {
  EXPECT_EQ(wire_text(name("a\\.b.c\\032d.")), "\3a.b\3c d\0"s);
  EXPECT_EQ(name("a\\.b.c\\032d\\255").to_text(), "a\\.b.c\\032d\\255.");
  EXPECT_EQ(name("\\000\\001.x").to_text(), "\\000\\001.x.");
  EXPECT_EQ(name("\\\"\\(\\)\\;\\\\\\$").to_text(), "\\\"\\(\\)\\;\\\\\\$.");
}

TEST(Name, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(parse_error(""), "empty name");
  EXPECT_EQ(parse_error("a..b"), "empty label at character 3");
  EXPECT_EQ(parse_error(".a"), "empty label at character 1");
  EXPECT_EQ(parse_error(".."), "empty label at character 1");
  EXPECT_EQ(parse_error("a\\25"), "bad escape at character 2");
  EXPECT_EQ(parse_error("a\\256"), "bad escape at character 2");
  EXPECT_EQ(parse_error("a\\"), "bad escape at character 2");
  EXPECT_EQ(parse_error("a b"), "octet that must be written \\DDD at character 2");
  EXPECT_EQ(parse_error("b\xc3\xbc"), "octet that must be written \\DDD at character 2");
}

TEST(Name, TakesALabelOf63OctetsAndRejectsOneOf64) {
  EXPECT_TRUE(Name::parse(std::string(63, 'a')));
  EXPECT_EQ(parse_error("x." + std::string(64, 'a')), "label longer than 63 octets at character 3");
}

TEST(Name, Takes255OctetsAndRejects256) {
  const std::string longest = name_of_octets(255);
  EXPECT_EQ(name(longest).wire().size(), 255u);
  EXPECT_EQ(parse_error(name_of_octets(256)), "name longer than 255 octets");
  EXPECT_EQ(parse_error(name_of_octets(400)), "name longer than 255 octets");
  EXPECT_EQ(Name::parse(longest).value().view().to_text(), longest);
}

TEST(Name, CompletesToAtMost255Octets) {
  const Name origin = name(name_of_octets(253));
  EXPECT_TRUE(Name::parse("a", origin));
  EXPECT_FALSE(Name::parse("ab", origin));
  EXPECT_TRUE(origin.child("a"));
  EXPECT_FALSE(origin.child("ab"));
}

TEST(Name, Has127LabelsAtMost) {
  std::string text;
  for (int i = 0; i < 127; ++i) text += "a.";
  EXPECT_EQ(name(text).view().label_count(), 127u);
  EXPECT_FALSE(Name::parse(text + "a."));
}

TEST(Name, KnowsTheRoot) {
  EXPECT_EQ(name("."), Name::root());
  EXPECT_TRUE(Name::root().view().is_root());
  EXPECT_EQ(Name::root().to_text(), ".");
  EXPECT_EQ(Name::root().view().label_count(), 0u);
  EXPECT_EQ(Name::parse(".", name("x")).value(), Name::root());
}

TEST(Name, IsReadFromUncompressedWireOnly) {
  const auto from = [](std::string wire) { return Name::from_wire(base::as_bytes(wire)); };
  EXPECT_EQ(from("\3WwW\0"s).value(), name("www"));
  EXPECT_FALSE(from(""));
  EXPECT_FALSE(from("\3ww"));
  EXPECT_FALSE(from("\3www"));
  EXPECT_FALSE(from("\xc0\x0c"));
  EXPECT_FALSE(from("\3www\xc0\x0c"));
  EXPECT_FALSE(from("\100" + std::string(64, 'a') + "\0"s));
  EXPECT_EQ(from("\3www\0x"s).error().trail, "octets behind the name from octet 5");
}

TEST(Name, LiesBelowAnotherByWholeLabels) {
  const Name zone = name("example.org");
  EXPECT_TRUE(name("www.example.org").view().is_below(zone));
  EXPECT_TRUE(zone.view().is_at_or_below(zone));
  EXPECT_FALSE(zone.view().is_below(zone));
  EXPECT_FALSE(name("notexample.org").view().is_at_or_below(zone));
  EXPECT_FALSE(name("org").view().is_at_or_below(zone));
  EXPECT_TRUE(zone.view().is_below(Name::root()));
  // A label whose octets look like the wire form of the zone is not an ancestor.
  EXPECT_FALSE(name("x\\007example\\003org.").view().is_at_or_below(zone));
}

TEST(Name, IsWalkedUpwards) {
  const Name www = name("www.example.org");
  EXPECT_EQ(base::as_text(www.view().first_label()), "www");
  EXPECT_EQ(www.view().parent(), name("example.org").view());
  EXPECT_TRUE(name("*.example.org").view().is_wildcard());
  EXPECT_TRUE(name("*").view().is_wildcard());
  EXPECT_FALSE(name("a.*.org").view().is_wildcard());
  EXPECT_FALSE(name("*a.org").view().is_wildcard());
}

TEST(Name, GetsAChildInLowerCase) {
  EXPECT_EQ(name("example.org").child("WWW").value(), name("www.example.org"));
  EXPECT_EQ(name("org").child("a.b").value().to_text(), "a\\.b.org.");
  EXPECT_FALSE(name("org").child(""));
  EXPECT_FALSE(name("org").child(std::string(64, 'a')));
}

// RFC 4034 section 6.1.
TEST(Name, SortsAsInTheExampleOfTheRfc) {
  const std::vector<Name> sorted{
      name("example"),         name("a.example"),      name("yljkjljk.a.example"),
      name("Z.a.example"),     name("zABC.a.EXAMPLE"), name("z.example"),
      name("\\001.z.example"), name("*.z.example"),    name("\\200.z.example")};
  EXPECT_TRUE(std::ranges::is_sorted(sorted));
  EXPECT_EQ(std::ranges::adjacent_find(sorted), sorted.end());
}

TEST(WireLength, IsThatOfTheFirstName) {
  EXPECT_EQ(wire_length(base::as_bytes("\1a\0\0\0"s)), 3u);
  EXPECT_EQ(wire_length(base::as_bytes("\0"s)), 1u);
  EXPECT_EQ(wire_length({}), 0u);
  EXPECT_EQ(wire_length(base::as_bytes("\200a\0"s)), 0u);
}

}  // namespace
}  // namespace tidemark::dns
