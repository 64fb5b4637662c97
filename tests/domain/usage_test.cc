// Usage that has happened: always charged, priced by the list of its own time. A repeated record is the engine's to
// recognise (M1); here, that the same record is priced the same.
#include "tests/domain/story.h"

namespace bursar {
namespace {

Money Cost(const Entry& entry) { return Sum(FindEvent(entry, Event::kUsageCharged)->usage_charged().drawn()); }

TEST(RecordUsage, M1_TheSameRecordDecidedTwiceInOneStateIsTheSame) {
  Story story;
  story.Upgrade("ada");
  const Command record = CoreHours(kAda, 10);
  const auto first = Decide(story.state(), record, As("service-portal"), story.now());
  const auto second = Decide(story.state(), record, As("service-portal"), story.now());
  EXPECT_EQ(first->events[0].SerializeAsString(), second->events[0].SerializeAsString());
  EXPECT_EQ(Cost(story.Must(record)), Usd("1.43"));
}

TEST(RecordUsage, M2_IsChargedBelowZeroAndClosesTheGate) {
  Story story;
  story.Upgrade("ada");
  const Entry entry = story.Must(CoreHours(kAda, 1000));
  EXPECT_EQ(Cost(entry), Usd("143"));
  EXPECT_EQ(story.Funds(kAdas), Usd("-93"));
  EXPECT_EQ(FindEvent(entry, Event::kUsageCharged)->usage_charged().funds_after_micros(), Usd("-93").micros());
  EXPECT_THAT(story.Do(Check{.action = Asking("folder.create", kAda)}),
              Denies(Reason::kSpendingLimitExceeded, Usd("-93")));
  EXPECT_THAT(story.Do(CoreHours(kAda, 1)), IsAllowed());
}

TEST(RecordUsage, M2_IsChargedBeforeBillingIsSetUp) {
  Story story;
  story.Must(Registration("ada"));
  EXPECT_THAT(story.Do(CoreHours(kAda, 1)), IsAllowed());
  EXPECT_EQ(story.Funds(kAdas), Usd("-0.143"));
}

TEST(RecordUsage, M5_IsPricedByTheListOfItsTimeAndRegion) {
  Story story;
  story.Upgrade("ada");
  const absl::Time before = story.now();
  story.Pass(absl::Hours(1));
  story.Must(PublishPriceList{
      .currency = "USD",
      .prices = {{.sku = "compute.mem1", .price = Usd("0.2"), .per_quantity = 3600, .category = "compute"},
                 {.sku = "compute.mem1", .region = kRegion, .price = Usd("0.1"), .per_quantity = 3600}}});
  RecordUsage late = CoreHours(kAda, 1);
  late.metered.usage_time = before;
  EXPECT_EQ(Cost(story.Must(late)), Usd("0.143"));
  EXPECT_EQ(Cost(story.Must(CoreHours(kAda, 1))), Usd("0.2"));
  RecordUsage here = CoreHours(kAda, 1);
  here.metered.region = kRegion;
  EXPECT_EQ(Cost(story.Must(here)), Usd("0.1"));
  here.metered.region = "aws:us-east-1";
  EXPECT_EQ(Cost(story.Must(here)), Usd("0.2"));
}

TEST(RecordUsage, M5_IsPricedInTheCurrencyOfThePayer) {
  Story story;
  RegisterUser command = Registration("ada", "");
  command.currency = "GBP";
  story.Must(command);
  const Entry entry = story.Must(CoreHours(kAda, 1));
  EXPECT_EQ(Cost(entry), Usd("0.12"));
  EXPECT_EQ(entry.events(0).usage_charged().currency(), "GBP");
}

TEST(RecordUsage, FractionsOfAMicroAccumulateAcrossRecordsAndCaptures) {
  Story story;
  story.Upgrade("ada");
  RecordUsage second = CoreHours(kAda, 0);
  second.metered.quantity = 1;  // 39.7222... micros
  const HoldId hold = story.Hold(Job(kAda, Usd("1")));
  for (int i = 0; i < 1800; ++i) {
    story.Must(second);
    story.Must(CaptureHold{.hold = hold, .cost = second.metered});
  }
  EXPECT_EQ(story.Account(kAdas).balance.Charged(), Usd("0.143"));
}

TEST(RecordUsage, ChargesTheProjectsPayerUnlessAnotherIsNamed) {
  Story story;
  story.FundedLab();
  const Entry project = story.Must(CreateProject{.user = kBob, .name = "x", .bill_to = kLabs});
  RecordUsage record = CoreHours(kBob, 1);
  record.project = ProjectId(project.position());
  EXPECT_EQ(story.Must(record).events(0).usage_charged().billing_account(), kLabs.text());
  record.bill_to = kBobs;
  EXPECT_EQ(story.Must(record).events(0).usage_charged().billing_account(), kBobs.text());
}

}  // namespace
}  // namespace bursar
