// What people are told while who pays is set up or changed, and when an increase is over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/projections/outbox.h"
#include "tests/projections/world.h"

namespace bursar {
namespace {

using storage::v1::MessageRow;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class BillingMessages : public testing::Test {
 protected:
  BillingMessages() { world.Register("ada", "sjcloudplatform"); }

  std::vector<Message> All(MessageKind kind) const {
    const auto page = world.views.outbox.List({.kind = kind, .limit = 1000}, world.key, world.now);
    EXPECT_TRUE(page.ok()) << page.status();
    return page->messages;
  }
  // The only one of its kind.
  Message One(MessageKind kind) const {
    const std::vector<Message> messages = All(kind);
    EXPECT_EQ(messages.size(), 1u) << kind;
    return messages.empty() ? Message() : messages[0];
  }
  static std::vector<std::string> To(const Message& message) {
    std::vector<std::string> names;
    for (const Address& address : message.to) names.push_back(address.email.empty() ? address.name : address.email);
    return names;
  }
  LinkSeed NewLink() const {
    const std::string selector = LinkKey::MakeSelector();
    return {.selector = selector, .secret_hash = world.key.SecretHash(selector)};
  }
  void Decline(const std::string& selector, const std::string& reason) {
    world.Do("anonymous",
             DeclineBilling{.selector = selector, .secret_hash = world.key.SecretHash(selector), .reason = reason});
  }
  // Returns the link's selector.
  std::string AskForNewContact() {
    const LinkSeed link = NewLink();
    world.Do("user-ada", RequestBillingChange{.billing_account = Personal("ada"),
                                              .user = UserOf("ada"),
                                              .contact = Person{.name = "Nia New", .email = "nia@example.org"},
                                              .link = link});
    return link.selector;
  }
  AssistedSetupId OfferSlots() {
    const absl::Time start = world.now + absl::Hours(24);
    return AssistedSetupId(world.Do(
        "user-ada", RequestAssistedSetup{
                        .billing_account = Personal("ada"),
                        .user = UserOf("ada"),
                        .contact = {.name = "Bill Payer", .email = "bill@example.org"},
                        .slots = {{start, start + absl::Hours(1)}, {start + absl::Hours(2), start + absl::Hours(3)}}}));
  }
  void Wait(absl::Duration duration) {
    world.now += duration;
    world.Do("operator-olga", SetSpendingLimit{.billing_account = Personal("ada"), .limit = Money()});
  }

  World world;
};

TEST_F(BillingMessages, U9_TheUserIsToldThatTheContactDeclined) {
  Decline(world.Submit("ada", Personal("ada")), "not our project");
  const Message message = One(MessageRow::KIND_BILLING_DECLINED);
  EXPECT_THAT(To(message), ElementsAre("ada@example.org"));
  EXPECT_THAT(message.body, AllOf(HasSubstr("not our project"), HasSubstr("again")));
  EXPECT_EQ(One(MessageRow::KIND_VERIFICATION).link, LinkState::kClosed);
  EXPECT_THAT(One(MessageRow::KIND_VERIFICATION).token, IsEmpty());
}

TEST_F(BillingMessages, TheReminderCarriesTheSameLink) {
  const std::string selector = world.Submit("ada", Personal("ada"));
  Wait(absl::Hours(72));
  const Message reminder = One(MessageRow::KIND_VERIFICATION_REMINDER);
  EXPECT_THAT(To(reminder), ElementsAre("bill@example.org"));
  EXPECT_EQ(reminder.token, world.key.Token(selector));
  world.Confirm(selector);
  EXPECT_EQ(One(MessageRow::KIND_VERIFICATION_REMINDER).link, LinkState::kUsed);
}

TEST_F(BillingMessages, ANewContactIsAskedAndTheOldOneIsTold) {
  world.Upgrade("ada", Personal("ada"));
  const std::string selector = AskForNewContact();
  EXPECT_THAT(To(All(MessageRow::KIND_VERIFICATION).back()), ElementsAre("nia@example.org"));
  world.Confirm(selector);
  const Message changed = One(MessageRow::KIND_BILLING_CHANGED);
  EXPECT_THAT(To(changed), ElementsAre("ada@example.org", "bill@example.org"));
  EXPECT_THAT(changed.body, HasSubstr("Nia New"));
  EXPECT_EQ(All(MessageRow::KIND_UPGRADE_COMPLETE).size(), 1u) << "billing was set up once";
}

TEST_F(BillingMessages, ANewContactWhoDeclinesLeavesTheOldOne) {
  world.Upgrade("ada", Personal("ada"));
  Decline(AskForNewContact(), "");
  EXPECT_THAT(One(MessageRow::KIND_BILLING_DECLINED).body, HasSubstr("contact of before"));
}

TEST_F(BillingMessages, ALinkResentForAChangeGoesToTheNewContact) {
  world.Upgrade("ada", Personal("ada"));
  AskForNewContact();
  world.Resend(Personal("ada"));
  EXPECT_THAT(To(All(MessageRow::KIND_VERIFICATION).back()), ElementsAre("nia@example.org"));
}

TEST_F(BillingMessages, U16_OperatorsAreAskedForAPurchaseOrderAndTheOwnerIsToldOfIt) {
  world.Upgrade("ada", Personal("ada"));
  AskForNewContact();
  const RequestBillingChange order{
      .billing_account = Personal("ada"), .user = UserOf("ada"), .purchase_order = "PO-77"};
  const BillingChangeId change(world.Do("user-ada", order));
  EXPECT_EQ(All(MessageRow::KIND_VERIFICATION).back().link, LinkState::kClosed) << "the contact is asked no longer";
  const Message asked = One(MessageRow::KIND_BILLING_CHANGE_REQUESTED);
  EXPECT_THAT(To(asked), ElementsAre("operators"));
  EXPECT_THAT(asked.body, AllOf(HasSubstr("PO-77"), HasSubstr("user-ada"), HasSubstr(change.text())));
  world.Do("operator-olga", ApplyBillingChange{.change = change});
  EXPECT_THAT(To(One(MessageRow::KIND_BILLING_CHANGED)), ElementsAre("ada@example.org"));
}

TEST_F(BillingMessages, U14_TheLinkIsMailedWhenTheSlotBegins) {
  const AssistedSetupId setup = OfferSlots();
  EXPECT_THAT(One(MessageRow::KIND_ASSISTED_SETUP_REQUESTED).body,
              AllOf(HasSubstr("Slot 2: 2026-03-03 11:00 UTC"), HasSubstr("bill@example.org")));
  const LinkSeed link = NewLink();
  world.Do("operator-olga", ScheduleAssistedSetup{.setup = setup, .link = link});
  EXPECT_THAT(One(MessageRow::KIND_ASSISTED_SETUP_SCHEDULED).subject, HasSubstr("2026-03-03 09:00 UTC"));
  EXPECT_THAT(All(MessageRow::KIND_VERIFICATION), IsEmpty());
  Wait(absl::Hours(24));
  const Message mail = One(MessageRow::KIND_VERIFICATION);
  EXPECT_THAT(To(mail), ElementsAre("bill@example.org"));
  EXPECT_EQ(mail.token, world.key.Token(link.selector));
  EXPECT_THAT(mail.body, HasSubstr("2026-03-03 10:00 UTC"));
  world.Confirm(link.selector);
  EXPECT_THAT(One(MessageRow::KIND_UPGRADE_COMPLETE).body, HasSubstr("50.00 USD"));
}

TEST_F(BillingMessages, U15_TheUserIsToldOfAMissedSlot) {
  world.Do("operator-olga", ScheduleAssistedSetup{.setup = OfferSlots(), .link = NewLink()});
  Wait(absl::Hours(24));
  Wait(absl::Hours(1));
  EXPECT_THAT(To(One(MessageRow::KIND_ASSISTED_SETUP_MISSED)), ElementsAre("ada@example.org"));
  EXPECT_NE(One(MessageRow::KIND_VERIFICATION).link, LinkState::kOpen);
}

TEST_F(BillingMessages, SlotsGivenUpForOthersKillTheLinkAndTellNobody) {
  world.Do("operator-olga", ScheduleAssistedSetup{.setup = OfferSlots(), .link = NewLink()});
  Wait(absl::Hours(24));
  OfferSlots();
  EXPECT_EQ(One(MessageRow::KIND_VERIFICATION).link, LinkState::kClosed);
  EXPECT_THAT(All(MessageRow::KIND_ASSISTED_SETUP_MISSED), IsEmpty());
}

TEST_F(BillingMessages, ASlotThatNobodySawLeavesTheFormsLinkAlone) {
  const std::string form = world.Submit("ada", Personal("ada"));
  world.Do("operator-olga", ScheduleAssistedSetup{.setup = OfferSlots(), .link = NewLink()});
  Wait(absl::Hours(48));
  EXPECT_EQ(One(MessageRow::KIND_VERIFICATION).link, LinkState::kOpen);
  world.Confirm(form);
}

TEST_F(BillingMessages, OfIncreasesThatAreOverWithoutADecision) {
  world.Upgrade("ada", Personal("ada"));
  const RequestLimitIncrease ask{
      .billing_account = Personal("ada"), .user = UserOf("ada"), .requested_limit = Usd(100)};
  const IncreaseId first(world.Do("user-ada", ask));
  EXPECT_THAT(One(MessageRow::KIND_LIMIT_INCREASE_REQUESTED).body, HasSubstr("Decide before: 2026-04-01 09:00 UTC"));
  world.Do("user-ada", WithdrawLimitIncrease{.increase = first});
  EXPECT_THAT(To(One(MessageRow::KIND_LIMIT_INCREASE_OVER)), ElementsAre("operators"));
  world.Do("user-ada", ask);
  Wait(absl::Hours(24 * 30));
  const Message expired = All(MessageRow::KIND_LIMIT_INCREASE_OVER).back();
  EXPECT_THAT(To(expired), ElementsAre("ada@example.org"));
  EXPECT_THAT(expired.subject, HasSubstr("expired"));
}

TEST_F(BillingMessages, OfAnIncreaseUntilADate) {
  world.Upgrade("ada", Personal("ada"));
  world.SetLimit(Personal("ada"), Usd(10));
  const IncreaseId increase(world.Do(
      "user-ada",
      RequestLimitIncrease{.billing_account = Personal("ada"), .user = UserOf("ada"), .requested_limit = Usd(100)}));
  world.Do("operator-olga", ApproveLimitIncrease{.increase = increase, .end_time = world.now + absl::Hours(48)});
  EXPECT_THAT(One(MessageRow::KIND_LIMIT_INCREASE_DECIDED).body,
              AllOf(HasSubstr("2026-03-04 09:00 UTC"), HasSubstr("10.00 USD after that")));
  world.now += absl::Hours(48);
  world.Register("bob");
  const Message ended = One(MessageRow::KIND_LIMIT_INCREASE_OVER);
  EXPECT_THAT(To(ended), ElementsAre("ada@example.org"));
  EXPECT_THAT(ended.body, AllOf(HasSubstr("10.00 USD from now on"), HasSubstr("It was 100.00 USD")));
}

}  // namespace
}  // namespace bursar
