// Notices when funds cross a threshold.
#include "ledger/domain/notices.h"
#include "tests/domain/story.h"

namespace bursar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Percentages that an entry gives notice of; one that was restored is negative.
std::vector<int> Noticed(const Entry& entry) {
  std::vector<int> percents;
  for (const Event& event : entry.events()) {
    if (event.has_funds_threshold_crossed()) percents.push_back(event.funds_threshold_crossed().percent());
    if (event.has_funds_restored()) percents.push_back(-1 - event.funds_restored().percent());
  }
  return percents;
}
int Restored(int percent) { return -1 - percent; }

class Thresholds : public testing::Test {
 protected:
  Thresholds() {
    story.Must(Registration("ada", ""));
    story.Must(UpgradeForm(kAdas, kAda));
    story.Must(Opened("1"));
    story.Must(SetSpendingLimit{.billing_account = kAdas, .limit = Usd("100")});
  }
  std::vector<int> Hold(const std::string& amount) {
    const Entry entry = story.Must(PlaceHold{.action = Job(kAda, Usd(amount))});
    hold = HoldId(entry.position());
    return Noticed(entry);
  }

  Story story;
  HoldId hold;
};

TEST_F(Thresholds, F2_OneNoticeAtEachCrossing) {
  EXPECT_THAT(Hold("24.999999"), IsEmpty());
  EXPECT_THAT(Hold("0.000001"), ElementsAre(25));
  EXPECT_THAT(Hold("1"), IsEmpty());
  EXPECT_THAT(Hold("54"), ElementsAre(50, 80));
  EXPECT_THAT(Hold("19.999999"), ElementsAre(90));
  EXPECT_THAT(Hold("0.000001"), ElementsAre(100));
  EXPECT_THAT(Noticed(story.Must(CoreHours(kAda, 1))), IsEmpty());
}

TEST_F(Thresholds, F2_AreArmedAnewWhenFundsRise) {
  EXPECT_THAT(Hold("60"), ElementsAre(25, 50));
  EXPECT_THAT(Noticed(story.Must(ReleaseHold{.hold = hold})), ElementsAre(Restored(0)));
  EXPECT_THAT(Hold("30"), ElementsAre(25));
  EXPECT_THAT(Hold("30"), ElementsAre(50));
  EXPECT_THAT(Noticed(story.Must(ReleaseHold{.hold = hold})), ElementsAre(Restored(25)));
  EXPECT_THAT(Hold("30"), ElementsAre(50));
}

TEST_F(Thresholds, F2_AGrantAPaymentOrAHigherLimitSetsANewBase) {
  EXPECT_THAT(Hold("60"), ElementsAre(25, 50));
  const Entry grant = story.Must(GrantCredit{.billing_account = kAdas, .amount = Usd("10"), .reason = "more"});
  EXPECT_THAT(Noticed(grant), ElementsAre(Restored(0))) << "though half of the old base is still used";
  EXPECT_EQ(story.Account(kAdas).funds_base, Usd("50"));
  EXPECT_THAT(Hold("20"), ElementsAre(25));
  story.Must(RecordPayment{.billing_account = kAdas, .amount = Usd("10")});
  EXPECT_EQ(story.Account(kAdas).funds_base, Usd("40"));
  story.Must(SetSpendingLimit{.billing_account = kAdas, .limit = Usd("360")});
  EXPECT_EQ(story.Account(kAdas).funds_base, Usd("300"));
  EXPECT_THAT(Hold("150"), ElementsAre(25, 50));
}

TEST_F(Thresholds, ALoweredLimitIsNoticedAndSetsNoNewBase) {
  EXPECT_THAT(Hold("10"), IsEmpty());
  const Entry lowered = story.Must(SetSpendingLimit{.billing_account = kAdas, .limit = Usd("11")});
  EXPECT_THAT(Noticed(lowered), ElementsAre(25, 50, 80, 90));
  EXPECT_EQ(story.Account(kAdas).funds_base, Usd("100"));
}

TEST_F(Thresholds, ACreditThatCannotBeSpentOnAnythingRestoresNothing) {
  EXPECT_THAT(Hold("90"), ElementsAre(25, 50, 80, 90));
  GrantCredit restricted{.billing_account = kAdas, .amount = Usd("60"), .actions = {"data.egress"}, .reason = "egress"};
  EXPECT_THAT(Noticed(story.Must(restricted)), IsEmpty());
  GrantCredit future{.billing_account = kAdas, .amount = Usd("60"), .reason = "next month"};
  future.effective_time = story.now() + absl::Hours(1);
  EXPECT_THAT(Noticed(story.Must(future)), IsEmpty());
  EXPECT_EQ(story.Account(kAdas).funds_base, Usd("100"));
}

TEST_F(Thresholds, F2_TimeAloneCrossesAndRestores) {
  GrantCredit grant{.billing_account = kAdas, .amount = Usd("100"), .reason = "short"};
  grant.expire_time = story.now() + absl::Hours(1);
  story.Must(grant);
  story.Pass(absl::Hours(1));
  story.Must(Check{.action = Asking("data.list", kAda)});
  EXPECT_THAT(Noticed(story.entries().back()), ElementsAre(25, 50));
}

TEST(PercentUsed, IsTheHighestThresholdReached) {
  EXPECT_EQ(PercentUsed(Usd("100"), Usd("100")), 0);
  EXPECT_EQ(PercentUsed(Usd("75.000001"), Usd("100")), 0);
  EXPECT_EQ(PercentUsed(Usd("75"), Usd("100")), 25);
  EXPECT_EQ(PercentUsed(Usd("10"), Usd("100")), 90);
  EXPECT_EQ(PercentUsed(Usd("0.000001"), Usd("100")), 90);
  EXPECT_EQ(PercentUsed(Money(), Usd("100")), 100);
  EXPECT_EQ(PercentUsed(Usd("-5"), Usd("100")), 100);
  EXPECT_EQ(PercentUsed(Usd("150"), Usd("100")), 0);
  EXPECT_EQ(PercentUsed(Usd("-5"), Money()), 0) << "where there never was anything, nothing is used up";
  EXPECT_EQ(PercentUsed(Money::Micros(std::numeric_limits<int64_t>::max()),
                        Money::Micros(std::numeric_limits<int64_t>::max())),
            0);
}

}  // namespace
}  // namespace bursar
