#include "consumer/snapshot/published.hpp"

#include <gtest/gtest.h>

namespace tidemark::consumer {
namespace {

struct Version {
  int number;
  int* freed;
  ~Version() { ++*freed; }
};

class PublishedVersions : public ::testing::Test {
 protected:
  std::unique_ptr<const Version> version(int number) {
    return std::unique_ptr<const Version>(new Version{number, &freed_});
  }
  int freed_ = 0;
};

TEST_F(PublishedVersions, AReaderSeesTheFirstAndThenTheNewestOnly) {
  Published<Version> published(version(0), 1);
  Published<Version>::Reader reader(published, 0);
  EXPECT_EQ(reader.current().number, 0);
  published.publish(version(1));
  published.publish(version(2));
  EXPECT_EQ(reader.current().number, 2);
  EXPECT_EQ(published.publications(), 2u);
}

TEST_F(PublishedVersions, ARetiredOneLivesUntilEveryReaderPassedABatchBorder) {
  Published<Version> published(version(0), 2);
  Published<Version>::Reader fast(published, 0), slow(published, 1);
  const Version& held = slow.current();
  fast.current();
  published.publish(version(1));
  EXPECT_EQ(freed_, 0);
  EXPECT_EQ(fast.current().number, 1);
  EXPECT_EQ(published.passed(), 0u);
  EXPECT_EQ(published.reclaim(), 1u);
  EXPECT_EQ(held.number, 0);
  EXPECT_EQ(slow.current().number, 1);
  EXPECT_EQ(published.passed(), 1u);
  EXPECT_EQ(published.reclaim(), 0u);
  EXPECT_EQ(freed_, 1);
}

TEST_F(PublishedVersions, AReaderThatSleepsHoldsNothing) {
  Published<Version> published(version(0), 2);
  Published<Version>::Reader awake(published, 0), asleep(published, 1);
  awake.current();
  asleep.current();
  asleep.go_offline();
  for (int i = 1; i <= 5; ++i) {
    published.publish(version(i));
    awake.current();
  }
  EXPECT_EQ(published.reclaim(), 0u);
  EXPECT_EQ(freed_, 5);
  EXPECT_EQ(asleep.current().number, 5);
}

TEST_F(PublishedVersions, WithoutReadersNothingStaysRetired) {
  Published<Version> published(version(0), 3);
  published.publish(version(1));
  EXPECT_EQ(freed_, 1);
  EXPECT_EQ(published.passed(), 1u);
}

TEST_F(PublishedVersions, ItsEndFreesTheNewestAndTheRetired) {
  {
    Published<Version> published(version(0), 1);
    Published<Version>::Reader reader(published, 0);
    reader.current();
    published.publish(version(1));
    EXPECT_EQ(freed_, 0);
  }
  EXPECT_EQ(freed_, 2);
}

}  // namespace
}  // namespace tidemark::consumer
