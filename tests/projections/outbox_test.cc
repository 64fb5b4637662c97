#include "ledger/projections/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "tests/projections/world.h"

namespace bursar {
namespace {

using storage::v1::MessageRow;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<Message> Messages(const World& world, MessageQuery query = {}) {
  query.limit = 1000;
  const auto page = world.views.outbox.List(query, world.key, world.now);
  EXPECT_TRUE(page.ok()) << page.status();
  EXPECT_FALSE(page->more);
  return page->messages;
}

std::vector<Message> Messages(const World& world, MessageKind kind) {
  return Messages(world, MessageQuery{.kind = kind});
}

std::vector<std::string> Emails(const Message& message) {
  std::vector<std::string> emails;
  for (const Address& address : message.to) emails.push_back(address.email);
  return emails;
}

// An organization with billing, its admin ada, and a limit.
void MakeLab(World& world, Money limit) {
  world.Register("ada");
  world.Do("user-ada",
           CreateOrganization{.handle = "lab", .name = "The Lab", .admin = UserOf("ada"), .currency = "USD"});
  world.Upgrade("ada", Of(Org("lab")));
  world.SetLimit(Of(Org("lab")), limit);
}

void Join(World& world, const std::string& handle, MemberAccess access) {
  world.Do("user-ada", InviteMember{.organization = Org("lab"), .user = UserOf(handle), .access = access});
  world.Do(absl::StrCat("user-", handle), AcceptInvitation{.organization = Org("lab"), .user = UserOf(handle)});
}

TEST(Outbox, U1_ExactlyOneMailToTheContactWhenAnUpgradeIsSubmitted) {
  World world;
  world.Register("ada");
  const std::string selector = world.Submit("ada", Personal("ada"));
  const std::vector<Message> messages = Messages(world);
  ASSERT_EQ(messages.size(), 1u);
  const Message& mail = messages[0];
  EXPECT_EQ(mail.kind, MessageRow::KIND_VERIFICATION);
  EXPECT_EQ(mail.id.text(), absl::StrCat("message-", world.state.position, "-0"));
  EXPECT_THAT(Emails(mail), ElementsAre("bill@example.org"));
  EXPECT_EQ(mail.to[0].name, "Bill Payer");
  EXPECT_EQ(mail.account, Personal("ada"));
  EXPECT_EQ(mail.create_time, world.now);
  EXPECT_EQ(mail.link, LinkState::kOpen);
  EXPECT_EQ(mail.token, world.key.Token(selector));
  EXPECT_THAT(mail.body, HasSubstr(mail.token));
  EXPECT_THAT(mail.body, HasSubstr("user-ada"));
}

TEST(Outbox, U4_NoMailWhereTheUpgradeIsRefused) {
  World world;
  world.Register("ada");
  EXPECT_FALSE(world.Try(
      "user-ada",
      SubmitAccountUpgrade{
          .billing_account = Personal("ada"), .user = UserOf("ada"), .terms_version = "t0", .pricing_version = "p1"}));
  EXPECT_THAT(Messages(world), IsEmpty());
}

TEST(Outbox, U1_TheStoreKeepsNoSecretHalfOfALink) {
  World world;
  world.Register("ada");
  const std::string selector = world.Submit("ada", Personal("ada"));
  for (const std::string& secret : {world.key.Secret(selector), world.key.Token(selector)}) {
    const auto stored = world.views.store->Scan(Table::kMessages, "", "", [&](const Row& row) {
      EXPECT_THAT(row.value, Not(HasSubstr(secret)));
      return true;
    });
    EXPECT_TRUE(stored.ok());
  }
}

TEST(Outbox, U3_TheUserIsToldOfTheUpgradeAndTheCredit) {
  World world;
  world.Register("ada", "sjcloudplatform");
  world.Upgrade("ada", Personal("ada"));
  const auto messages = Messages(world, MessageRow::KIND_UPGRADE_COMPLETE);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_THAT(Emails(messages[0]), ElementsAre("ada@example.org"));
  EXPECT_THAT(messages[0].body, HasSubstr("50.00 USD"));
  EXPECT_EQ(messages[0].link, LinkState::kNone);
  EXPECT_THAT(messages[0].token, IsEmpty());
}

TEST(Outbox, U6_AUsedLinkIsShownAsUsedAndTellsNobodyTwice) {
  World world;
  world.Register("ada");
  const std::string selector = world.Submit("ada", Personal("ada"));
  world.Confirm(selector);
  world.Confirm(selector);
  EXPECT_EQ(Messages(world, MessageRow::KIND_VERIFICATION)[0].link, LinkState::kUsed);
  EXPECT_EQ(Messages(world, MessageRow::KIND_UPGRADE_COMPLETE).size(), 1u);
  world.now += absl::Hours(24 * 365);
  EXPECT_EQ(Messages(world, MessageRow::KIND_VERIFICATION)[0].link, LinkState::kUsed);
}

TEST(Outbox, U7_AResentLinkSupersedesTheOldOneAndExpires) {
  World world;
  world.Register("ada");
  const std::string old_link = world.Submit("ada", Personal("ada"));
  const std::string new_link = world.Resend(Personal("ada"));
  auto mails = Messages(world, MessageRow::KIND_VERIFICATION);
  ASSERT_EQ(mails.size(), 2u);
  EXPECT_EQ(mails[0].link, LinkState::kSuperseded);
  EXPECT_THAT(mails[0].token, IsEmpty());
  EXPECT_THAT(mails[0].body, Not(HasSubstr(world.key.Token(old_link))));
  EXPECT_EQ(mails[1].link, LinkState::kOpen);
  EXPECT_THAT(mails[1].body, HasSubstr(world.key.Token(new_link)));
  EXPECT_THAT(Emails(mails[1]), ElementsAre("bill@example.org"));
  world.now = world.state.Find(Personal("ada"))->setup.expire_time;
  mails = Messages(world, MessageRow::KIND_VERIFICATION);
  EXPECT_EQ(mails[0].link, LinkState::kSuperseded);
  EXPECT_EQ(mails[1].link, LinkState::kExpired);
}

TEST(Outbox, U11_AMemberUpgradedByAnOrganizationIsToldOnce) {
  World world;
  MakeLab(world, Usd(100));
  world.Register("bob", "sjcloudplatform");
  Join(world, "bob", {.allow_billable_activities = true});
  const auto messages = Messages(world, MessageRow::KIND_UPGRADE_COMPLETE);
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_THAT(Emails(messages[0]), ElementsAre("ada@example.org"));
  EXPECT_THAT(Emails(messages[1]), ElementsAre("bob@example.org"));
  EXPECT_THAT(messages[1].body, HasSubstr("org-lab"));
}

TEST(Outbox, U12_AMemberWithoutTheFlagIsToldOfNoUpgrade) {
  World world;
  MakeLab(world, Usd(100));
  world.Register("bob");
  Join(world, "bob", {});
  for (const Message& message : Messages(world))
    EXPECT_THAT(Emails(message), Not(testing::Contains("bob@example.org")));
}

TEST(Outbox, F2_OneNoticeAtEachCrossingArmedAgainWhenFundsRise) {
  World world;
  world.Register("ada");
  world.Upgrade("ada", Personal("ada"));
  world.SetLimit(Personal("ada"), Usd(100));
  const auto notices = [&] {
    std::vector<std::string> subjects;
    for (const Message& message : Messages(world, MessageRow::KIND_FUNDS_THRESHOLD)) {
      EXPECT_THAT(Emails(message), ElementsAre("ada@example.org"));
      subjects.push_back(message.subject);
    }
    return subjects;
  };
  world.Spend("ada", Personal("ada"), Usd(24));
  EXPECT_THAT(notices(), IsEmpty());
  world.Spend("ada", Personal("ada"), Usd(1));
  EXPECT_THAT(notices(), ElementsAre(HasSubstr("25 %")));
  world.Spend("ada", Personal("ada"), Usd(1));
  EXPECT_EQ(notices().size(), 1u);
  world.Spend("ada", Personal("ada"), Usd(60));
  EXPECT_THAT(notices(), ElementsAre(HasSubstr("25 %"), HasSubstr("50 %"), HasSubstr("80 %")));
  world.Spend("ada", Personal("ada"), Usd(14));
  EXPECT_EQ(notices().size(), 4u);
  const auto out = Messages(world, MessageRow::KIND_OUT_OF_FUNDS);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_THAT(Emails(out[0]), ElementsAre("ada@example.org"));

  world.SetLimit(Personal("ada"), Usd(200));
  EXPECT_EQ(notices().size(), 4u);
  world.Spend("ada", Personal("ada"), Usd(30));
  EXPECT_EQ(notices().size(), 5u);
  EXPECT_THAT(notices().back(), HasSubstr("25 %"));
}

TEST(Outbox, F2_NoticesOfAnOrganizationGoToThoseWhoAreAdminsThen) {
  World world;
  MakeLab(world, Usd(100));
  for (const char* handle : {"bob", "eve", "kim"}) world.Register(handle);
  Join(world, "bob", {.allow_billable_activities = true});
  Join(world, "eve", {.admin = true});
  Join(world, "kim", {.admin = true});
  world.Do("user-ada", SetMemberAccess{.organization = Org("lab"), .user = UserOf("kim"), .access = {}});
  world.Spend("bob", Of(Org("lab")), Usd(100));
  const auto out = Messages(world, MessageRow::KIND_OUT_OF_FUNDS);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_THAT(Emails(out[0]), ElementsAre("ada@example.org", "eve@example.org"));
  EXPECT_THAT(out[0].body, HasSubstr("0.00 USD of 100.00 USD"));
}

TEST(Outbox, L1_TheOperatorGetsOneMessageWithAllThatItTakesToDecide) {
  World world;
  MakeLab(world, Usd(5000));
  world.Do("user-ada", SetMemberAccess{.organization = Org("lab"), .user = UserOf("ada"), .access = {true, true}});
  world.Spend("ada", Of(Org("lab")), Usd(1234));
  world.Do("user-ada", RequestLimitIncrease{.billing_account = Of(Org("lab")),
                                            .user = UserOf("ada"),
                                            .requested_limit = Usd(12000),
                                            .purchase_order = "PO-77",
                                            .reason = "a new cohort"});
  const auto messages = Messages(world, MessageRow::KIND_LIMIT_INCREASE_REQUESTED);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].to[0].name, "operators");
  for (const char* part :
       {"org-lab", "user-ada", "5000.00 USD", "12000.00 USD", "1234.00 USD", "PO-77", "a new cohort"}) {
    EXPECT_THAT(messages[0].body, HasSubstr(part));
  }
  EXPECT_THAT(messages[0].body, HasSubstr(absl::StrCat("increase-", world.state.position)));
}

TEST(Outbox, M4_TheOperatorGetsOneMessageForAUsageRecordThatIsSetAside) {
  World world;
  world.Register("ada");
  const Position set_aside =
      world.Do("service-portal", RecordUsage{.user = UserOf("ada"), .metered = {.sku = "storage", .quantity = -3}});
  world.Do("operator-olga",
           DiscardQuarantinedUsage{.quarantine = QuarantineId(set_aside), .reason = "A broken meter."});
  const std::vector<Message> messages = Messages(world, MessageRow::KIND_USAGE_QUARANTINED);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].to[0].name, "operators");
  EXPECT_THAT(messages[0].subject, HasSubstr(QuarantineId(set_aside).text()));
  EXPECT_THAT(messages[0].body, HasSubstr("Quantity: -3"));
  EXPECT_THAT(messages[0].body, HasSubstr("The quantity is negative."));
}

TEST(Outbox, L5_L8_TheRequesterIsToldWhatWasDecidedAndWhy) {
  World world;
  MakeLab(world, Usd(5000));
  const RequestLimitIncrease ask{
      .billing_account = Of(Org("lab")), .user = UserOf("ada"), .requested_limit = Usd(12000)};
  IncreaseId increase(world.Do("user-ada", ask));
  world.Do("operator-olga", DenyLimitIncrease{.increase = increase, .reason = "no purchase order"});
  increase = IncreaseId(world.Do("user-ada", ask));
  world.Do("operator-olga", ApproveLimitIncrease{.increase = increase, .limit = Usd(8000), .note = "more next month"});
  const auto messages = Messages(world, MessageRow::KIND_LIMIT_INCREASE_DECIDED);
  ASSERT_EQ(messages.size(), 2u);
  for (const Message& message : messages) EXPECT_THAT(Emails(message), ElementsAre("ada@example.org"));
  EXPECT_THAT(messages[0].subject, HasSubstr("denied"));
  EXPECT_THAT(messages[0].body, HasSubstr("no purchase order"));
  EXPECT_THAT(messages[1].subject, HasSubstr("approved"));
  EXPECT_THAT(messages[1].body, HasSubstr("8000.00 USD"));
  EXPECT_THAT(messages[1].body, HasSubstr("12000.00 USD"));
  EXPECT_THAT(messages[1].body, HasSubstr("more next month"));
}

class Listing : public testing::Test {
 protected:
  Listing() {
    for (const char* handle : {"ada", "bob"}) {
      world_.Register(handle);
      world_.Upgrade(handle, Personal(handle));
      world_.SetLimit(Personal(handle), Usd(100));
      world_.Spend(handle, Personal(handle), Usd(100));
    }
  }

  std::vector<std::string> Walk(MessageQuery query) {
    std::vector<std::string> ids;
    for (bool more = true; more;) {
      const auto page = world_.views.outbox.List(query, world_.key, world_.now);
      EXPECT_TRUE(page.ok()) << page.status();
      EXPECT_LE(page->messages.size(), query.limit);
      for (const Message& message : page->messages) ids.push_back(message.id.text());
      more = page->more;
      if (more) query.after = page->messages.back().id;
    }
    return ids;
  }

  World world_;
};

TEST_F(Listing, GivesEveryMessageOnceInEitherOrderOverPagesOfAnySize) {
  const std::vector<std::string> oldest_first = Walk({.limit = 1000});
  ASSERT_EQ(oldest_first.size(), 14u);
  const std::vector<std::string> newest_first(oldest_first.rbegin(), oldest_first.rend());
  for (const size_t limit : {1u, 3u, 14u, 1000u}) {
    EXPECT_EQ(Walk({.limit = limit}), oldest_first);
    EXPECT_EQ(Walk({.newest_first = true, .limit = limit}), newest_first);
  }
}

TEST_F(Listing, FiltersByKindAndByAccount) {
  EXPECT_EQ(Walk({.kind = MessageRow::KIND_FUNDS_THRESHOLD, .limit = 2}).size(), 8u);
  EXPECT_EQ(Walk({.account = Personal("ada"), .limit = 2}).size(), 7u);
  EXPECT_EQ(Walk({.account = Personal("ad"), .limit = 2}).size(), 0u);
  for (const bool newest_first : {false, true}) {
    const auto both = Walk({.kind = MessageRow::KIND_FUNDS_THRESHOLD,
                            .account = Personal("bob"),
                            .newest_first = newest_first,
                            .limit = 1});
    EXPECT_EQ(both.size(), 4u);
  }
}

TEST(MessageId, IsReadAsWritten) {
  EXPECT_EQ(MessageId::Parse("message-123-4"), (MessageId{.position = 123, .index = 4}));
  for (const char* text : {"", "message-", "message-1", "message-0-0", "message-01-0", "message-1-0-0", "message--1-0",
                           "message-1-x", "mail-1-0"}) {
    EXPECT_FALSE(MessageId::Parse(text).has_value()) << text;
  }
}

TEST(Outbox, BothAddressesAreToldOfAMergerAndOnlyTheSurvivorsFromThenOn) {
  World world;
  world.Register("ada");
  world.Register("bob");
  world.Do("operator-olga", GrantCredit{.billing_account = Personal("bob"), .amount = Money::Micros(7'000'000)});
  world.Do("support-sam", MergeUsers{.from = UserOf("bob"), .into = UserOf("ada"), .reason = "the same person"});
  const std::vector<Message> messages = Messages(world, MessageRow::KIND_USER_ENDED);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_THAT(Emails(messages[0]), ElementsAre("bob@example.org", "ada@example.org"));
  EXPECT_THAT(messages[0].body, HasSubstr("funds are 7.00 USD now"));
  EXPECT_THAT(Messages(world, MessageRow::KIND_OUT_OF_FUNDS), IsEmpty()) << "an account that ends is not out of funds";
}

TEST(Outbox, WhoClosesIsTold) {
  World world;
  world.Register("ada");
  world.Do("user-ada", CloseUser{.user = UserOf("ada")});
  const std::vector<Message> messages = Messages(world, MessageRow::KIND_USER_ENDED);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_THAT(Emails(messages[0]), ElementsAre("ada@example.org"));
}

TEST(Outbox, WhoIsRemovedIsToldAndTheAdminsWhereItLeft) {
  World world;
  MakeLab(world, Money());
  world.Register("bob");
  world.Register("eve");
  Join(world, "bob", {.allow_billable_activities = true});
  Join(world, "eve", {.allow_billable_activities = true});
  world.Do("user-ada", RemoveMember{.organization = Org("lab"), .user = UserOf("bob")});
  world.Do("user-eve", RemoveMember{.organization = Org("lab"), .user = UserOf("eve")});
  const std::vector<Message> messages = Messages(world, MessageRow::KIND_MEMBER_REMOVED);
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_THAT(Emails(messages[0]), ElementsAre("bob@example.org"));
  EXPECT_THAT(Emails(messages[1]), ElementsAre("ada@example.org"));
}

TEST(Outbox, C6_AnOfferedProjectIsToldToItsReceiverAndTheAnswerToWhoeverOffered) {
  World world;
  MakeLab(world, Money::Micros(5'000'000));
  world.Register("bob");
  Join(world, "bob", {.allow_billable_activities = true});
  const ProjectId project(
      world.Do("user-bob", CreateProject{.user = UserOf("bob"), .name = "x", .bill_to = Of(Org("lab"))}));
  world.Register("eve");
  const SetProjectPayer to_eve{.user = UserOf("bob"), .project = project, .bill_to = Personal("eve")};
  world.Do("user-bob", to_eve);
  world.Do("user-eve", DeclineProjectTransfer{.user = UserOf("eve"), .project = project});
  world.Do("user-bob", to_eve);
  world.Do("user-bob", DeclineProjectTransfer{.user = UserOf("bob"), .project = project});
  const std::vector<Message> messages = Messages(world, MessageRow::KIND_PROJECT_TRANSFER);
  ASSERT_EQ(messages.size(), 4u);
  EXPECT_THAT(Emails(messages[0]), ElementsAre("eve@example.org"));
  EXPECT_THAT(Emails(messages[1]), ElementsAre("bob@example.org"));
  EXPECT_THAT(messages[1].body, HasSubstr("declined"));
  EXPECT_THAT(Emails(messages[3]), ElementsAre("eve@example.org"));
  EXPECT_THAT(messages[3].body, HasSubstr("took the offer back"));
}

}  // namespace
}  // namespace bursar
