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

TEST(RecordUsage, M5_APriceThatChangesInTheMiddleSplitsUsageByItsOwnTime) {
  Story story;
  story.Upgrade("ada");
  const absl::Time change = story.now() + absl::Hours(12);
  story.Must(PublishPriceList{
      .currency = "USD",
      .effective_time = change,
      .prices = {{.sku = "compute.mem1", .price = Usd("0.2"), .per_quantity = 3600, .category = "compute"}}});
  story.Pass(absl::Hours(24 * 40));
  RecordUsage record = CoreHours(kAda, 1);
  record.metered.usage_time = change - absl::Microseconds(1);
  const Entry before = story.Must(record);
  EXPECT_EQ(Cost(before), Usd("0.143"));
  record.metered.usage_time = change;
  EXPECT_EQ(Cost(story.Must(record)), Usd("0.2"));
  const auto& metered = FindEvent(before, Event::kUsageCharged)->usage_charged().metered();
  EXPECT_EQ(metered.usage_time(), absl::ToUnixMicros(change) - 1) << "so that a later month shows it as an adjustment";
  EXPECT_LT(metered.usage_time(), before.commit_time());
}

// Quarantine.

class Quarantine : public testing::Test {
 protected:
  Quarantine() {
    story.Upgrade("ada");
    story.Must(PublishPriceList{.currency = "USD",
                                .prices = {{.sku = "compute.mem1",
                                            .price = Usd("0.143"),
                                            .per_quantity = 3600,
                                            .category = "compute",
                                            .most_quantity = 100 * 3600},
                                           {.sku = "data.egress", .price = Usd("0.09"), .category = "network"}}});
  }
  Entry SetAside(int64_t hours) {
    const Entry entry = story.Must(CoreHours(kAda, hours));
    EXPECT_NE(FindEvent(entry, Event::kUsageQuarantined), nullptr);
    EXPECT_EQ(FindEvent(entry, Event::kUsageCharged), nullptr);
    return entry;
  }
  static ReleaseQuarantinedUsage Release(const Entry& entry, std::optional<int64_t> quantity = {}) {
    return {.quarantine = QuarantineId(entry.position()), .quantity = quantity};
  }

  Story story;
};

TEST_F(Quarantine, M4_ANegativeOrAbsurdQuantityIsSetAsideAndNotCharged) {
  const Entry negative = SetAside(-1);
  EXPECT_THAT(negative.events(0).usage_quarantined().problem(), testing::HasSubstr("negative"));
  const Entry absurd = SetAside(101);
  EXPECT_THAT(absurd.events(0).usage_quarantined().problem(), testing::HasSubstr("360000"));
  RecordUsage overflow = CoreHours(kAda, 0);
  overflow.metered = {.sku = "data.egress", .quantity = std::numeric_limits<int64_t>::max()};
  EXPECT_NE(FindEvent(story.Must(overflow), Event::kUsageQuarantined), nullptr);
  EXPECT_EQ(story.state().quarantined.size(), 3u);
  EXPECT_EQ(story.Funds(kAdas), Usd("50"));
  EXPECT_THAT(story.Do(CoreHours(kAda, 100)), IsAllowed());
  EXPECT_EQ(story.Funds(kAdas), Usd("35.7"));
}

TEST_F(Quarantine, M4_AReleasedRecordIsChargedAtThePriceOfItsTime) {
  const Entry absurd = SetAside(200);
  story.Must(PublishPriceList{
      .currency = "USD",
      .effective_time = story.now() + absl::Hours(1),
      .prices = {{.sku = "compute.mem1", .price = Usd("9"), .per_quantity = 3600, .category = "compute"}}});
  story.Pass(absl::Hours(2));
  const Entry released = story.Must(Release(absurd));
  EXPECT_EQ(Cost(released), Usd("28.6"));
  EXPECT_EQ(FindEvent(released, Event::kQuarantineReleased)->quarantine_released().quarantine(), absurd.position());
  EXPECT_THAT(story.Do(Release(absurd)), IsRefused(Reason::kNotQuarantined));
}

TEST_F(Quarantine, M4_ANegativeRecordIsReleasedOnlyWithAnotherQuantity) {
  const Entry negative = SetAside(-2);
  EXPECT_THAT(story.Do(Release(negative)), IsRefused(Reason::kInvalidField));
  EXPECT_EQ(Cost(story.Must(Release(negative, 2 * 3600))), Usd("0.286"));
}

TEST_F(Quarantine, M4_ADiscardedRecordIsNeverCharged) {
  const Entry absurd = SetAside(200);
  story.Must(DiscardQuarantinedUsage{.quarantine = QuarantineId(absurd.position()), .reason = "A broken meter."});
  EXPECT_THAT(story.Do(Release(absurd)), IsRefused(Reason::kNotQuarantined));
  EXPECT_TRUE(story.state().quarantined.empty());
  EXPECT_EQ(story.Funds(kAdas), Usd("50"));
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
