#include "dns-edge/app/cookie_keys.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "net/system_ports.hpp"

namespace tidemark::edge {
namespace {

using From = CookieSettings::From;
namespace fs = std::filesystem;

class CookieKeysTest : public ::testing::Test {
 protected:
  CookieKeysTest() {
    std::string pattern = (fs::temp_directory_path() / "tidemark-cookies-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    file_ = folder_ / "secret";
  }
  ~CookieKeysTest() override { fs::remove_all(folder_); }
  // As an operator should: a new file in the place of the old one.
  void write(const std::string& text, fs::perms mode = fs::perms::owner_read) {
    const fs::path next = folder_ / "next";
    std::ofstream(next) << text;
    fs::permissions(next, mode);
    fs::rename(next, file_);
  }
  base::Result<CookieKeys> open(From from) { return CookieKeys::open({from, file_}, random_); }
  static std::string trail(const base::Result<CookieKeys>& keys) {
    return keys ? "no error" : keys.error().trail;
  }

  net::SystemRandom random_;
  fs::path folder_, file_;
};

const std::string key_1(64, '1'), key_2(64, '2'), secret_a(32, 'a'), secret_b(32, 'b');
const event::CookieSalt salt_0{}, salt_1{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

TEST_F(CookieKeysTest, AKeyAndASaltGiveASecret) {
  write(key_1 + "\n");
  const auto keys = open(From::KeyFile);
  ASSERT_TRUE(keys.has_value()) << keys.error().trail;
  EXPECT_TRUE(keys->secrets_for({}).empty()) << "no salt by the log: no cookies";
  const auto secrets = keys->secrets_for({salt_1, salt_0});
  ASSERT_EQ(secrets.count, 2);
  // The first 16 octets of HMAC-SHA-256(11..11, "tidemark cookie secret" | 0102..10): a fleet of
  // several builds must agree on it for ever. By Python's hmac.
  EXPECT_EQ(base::to_hex(secrets.secrets[0]), "02439bd17ff56452bef9e773c16315ff");
  EXPECT_NE(secrets.secrets[0], secrets.secrets[1]);
  EXPECT_EQ(keys->secrets_for({salt_0}).secrets[0], secrets.secrets[1]);
}

TEST_F(CookieKeysTest, SecretsOfAFileStandInItsOrderAndNeedNoSalt) {
  write("# shared with ns1\n" + secret_b + "\n\n" + secret_a + "\n");
  const auto keys = open(From::SecretFile);
  ASSERT_TRUE(keys.has_value()) << keys.error().trail;
  const auto secrets = keys->secrets_for({salt_1});
  ASSERT_EQ(secrets.count, 2);
  EXPECT_EQ(base::to_hex(secrets.secrets[0]), secret_b);
  EXPECT_EQ(base::to_hex(secrets.secrets[1]), secret_a);
}

TEST_F(CookieKeysTest, LocalIsOneOfItsOwn) {
  const auto one = open(From::Local), other = open(From::Local);
  EXPECT_EQ(one->secrets_for({}).count, 1);
  EXPECT_NE(one->secrets_for({}), other->secrets_for({}));
  EXPECT_TRUE(open(From::Nothing)->secrets_for({salt_1}).empty());
}

TEST_F(CookieKeysTest, AFileThatChangedIsReadAgain) {
  write(key_1);
  auto keys = open(From::KeyFile);
  ASSERT_TRUE(keys.has_value());
  EXPECT_FALSE(*keys->refresh());
  const auto before = keys->secrets_for({salt_1});
  write(key_2);
  EXPECT_TRUE(*keys->refresh());
  EXPECT_NE(keys->secrets_for({salt_1}), before);
  EXPECT_FALSE(*keys->refresh());
}

TEST_F(CookieKeysTest, WhatIsNotSoundIsToldAndTheLastStays) {
  write(secret_a);
  auto keys = open(From::SecretFile);
  ASSERT_TRUE(keys.has_value());
  const auto before = keys->secrets_for({});
  write("not hex\n");
  const auto refreshed = keys->refresh();
  ASSERT_FALSE(refreshed.has_value());
  EXPECT_NE(refreshed.error().trail.find(":1: not 32 hexadecimal digits"), std::string::npos);
  EXPECT_EQ(refreshed.error().trail.find("not hex"), std::string::npos) << "it may be a secret";
  EXPECT_EQ(keys->secrets_for({}), before);
  fs::remove(file_);
  EXPECT_EQ(keys->refresh().error().code, base::Errc::NotFound);
  EXPECT_EQ(keys->secrets_for({}), before);
}

TEST_F(CookieKeysTest, RefusesFilesThatOthersReadAndOtherNumbersOfKeys) {
  write(key_1, fs::perms::owner_read | fs::perms::group_read);
  EXPECT_NE(trail(open(From::KeyFile)).find("chmod 0400"), std::string::npos);
  write(key_1 + "\n" + key_2 + "\n");
  EXPECT_NE(trail(open(From::KeyFile)).find("holds 2 keys"), std::string::npos);
  write("");
  EXPECT_NE(trail(open(From::SecretFile)).find("holds 0 keys"), std::string::npos);
  write(secret_a + "\n" + secret_b + "\n" + secret_a + "\n" + secret_b + "\n");
  EXPECT_NE(trail(open(From::SecretFile)).find("holds 4 keys"), std::string::npos);
  write(secret_a.substr(1));
  EXPECT_FALSE(open(From::SecretFile).has_value());
}

}  // namespace
}  // namespace tidemark::edge
