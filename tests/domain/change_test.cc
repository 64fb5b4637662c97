// Another contact or another purchase order, beside what is confirmed.
#include "tests/domain/story.h"

namespace bursar {
namespace {

const Person kNewContact = {
    .name = "Nia New", .email = "nia@example.org", .postal_address = "2 Side Street", .phone = "+1 555 0200"};

RequestBillingChange NewContact(const BillingAccountId& account, const UserId& user, const std::string& link) {
  return {.billing_account = account, .user = user, .contact = kNewContact, .link = Link(link)};
}

RequestBillingChange NewOrder(const BillingAccountId& account, const UserId& user, const std::string& number) {
  return {.billing_account = account, .user = user, .purchase_order = number};
}

DeclineBilling Declined(const std::string& link) {
  return {.selector = Link(link).selector, .secret_hash = Link(link).secret_hash};
}

// Ada has billing set up, with Cleo as contact, and is admin of the lab, which has too.
class Change : public testing::Test {
 protected:
  Change() {
    story.Upgrade("ada");
    story.FundedLab();
  }
  const BillingSetup& Setup(const BillingAccountId& id = kAdas) const { return story.Account(id).setup; }
  const BillingChange* Open(const BillingAccountId& id = kAdas) const {
    return story.state().Find(Setup(id).open_change);
  }

  Story story;
};

TEST_F(Change, BillsGoToTheOldContactUntilTheNewOneConfirms) {
  story.Must(NewContact(kAdas, kAda, "new"));
  EXPECT_EQ(Setup().status, BillingSetup::Status::kConfirmed);
  EXPECT_EQ(Setup().confirmed_contact.email, "cleo@example.org");
  ASSERT_NE(Open(), nullptr);
  EXPECT_EQ(Open()->contact->email, "nia@example.org");
  EXPECT_THAT(story.Do(PlaceHold{.action = Job(kAda, Usd("1"))}), IsAllowed()) << "spending goes on meanwhile";

  const Entry entry = story.Must(Opened("new"));
  EXPECT_EQ(Setup().confirmed_contact.email, "nia@example.org");
  EXPECT_EQ(Open(), nullptr);
  const auto& confirmed = FindEvent(entry, Event::kBillingConfirmed)->billing_confirmed();
  const auto& applied = FindEvent(entry, Event::kBillingChangeApplied)->billing_change_applied();
  EXPECT_EQ(confirmed.contact().phone(), "+1 555 0200");
  EXPECT_EQ(confirmed.terms_version(), "1");
  EXPECT_EQ(confirmed.change(), applied.change());
}

TEST_F(Change, C1_ANewContactBringsNoSecondCreditAndNoSecondUpgrade) {
  const int upgrades = story.Count(Event::kUserUpgraded);
  story.Must(NewContact(kAdas, kAda, "new"));
  story.Must(Opened("new"));
  story.Must(NewContact(kLabs, kAda, "labs"));
  story.Must(Opened("labs"));
  EXPECT_EQ(story.Count(Event::kCreditGranted), 1);
  EXPECT_EQ(story.Count(Event::kUserUpgraded), upgrades);
  EXPECT_EQ(story.Funds(kAdas), Usd("50"));
}

TEST_F(Change, U6_TheNewContactsLinkOpenedTwiceConfirmsOnce) {
  story.Must(NewContact(kAdas, kAda, "new"));
  const Entry first = story.Must(Opened("new"));
  EXPECT_EQ(story.Must(Opened("new")).position(), first.position());
  EXPECT_EQ(story.Count(Event::kBillingChangeApplied), 1);
}

TEST_F(Change, ANewContactWhoDeclinesLeavesTheOldOne) {
  story.Must(NewContact(kAdas, kAda, "new"));
  const Entry entry = story.Must(Declined("new"));
  EXPECT_NE(FindEvent(entry, Event::kBillingChangeClosed), nullptr);
  EXPECT_EQ(Setup().status, BillingSetup::Status::kConfirmed);
  EXPECT_EQ(Setup().confirmed_contact.email, "cleo@example.org");
  EXPECT_EQ(Open(), nullptr);
  EXPECT_EQ(story.Must(Declined("new")).position(), entry.position());
  EXPECT_THAT(story.Do(Opened("new")), IsRefused(Reason::kLinkInvalid));
  EXPECT_THAT(story.Do(ResendVerification{.billing_account = kAdas, .link = Link("again")}),
              IsRefused(Reason::kNothingToResend));
}

TEST_F(Change, U7_TheNewContactsLinkCanBeSentAgain) {
  story.Must(NewContact(kAdas, kAda, "new"));
  story.Pass(absl::Hours(24 * 7));
  EXPECT_THAT(story.Do(Opened("new")), IsRefused(Reason::kLinkExpired));
  story.Must(ResendVerification{.billing_account = kAdas, .link = Link("again")});
  EXPECT_THAT(story.Do(Opened("new")), IsRefused(Reason::kLinkInvalid));
  story.Must(Opened("again"));
  EXPECT_EQ(Setup().confirmed_contact.email, "nia@example.org");
}

TEST_F(Change, ANewRequestSupersedesTheOpenOneAndItsLink) {
  story.Must(NewContact(kAdas, kAda, "new"));
  story.Must(NewContact(kAdas, kAda, "newer"));
  EXPECT_EQ(story.Count(Event::kBillingChangeClosed), 1);
  EXPECT_THAT(story.Do(Opened("new")), IsRefused(Reason::kLinkInvalid));
  story.Must(NewOrder(kAdas, kAda, "PO-1"));
  EXPECT_EQ(story.Count(Event::kBillingChangeClosed), 2);
  EXPECT_THAT(story.Do(Opened("newer")), IsRefused(Reason::kLinkInvalid));
  EXPECT_EQ(Open()->purchase_order, "PO-1");
  EXPECT_EQ(Setup().confirmed_contact.email, "cleo@example.org");
}

TEST_F(Change, TheContactIsRemindedOfAChangeToo) {
  story.Must(NewContact(kAdas, kAda, "new"));
  story.Pass(absl::Hours(72));
  story.Must(Registration("carl", ""));
  EXPECT_EQ(story.Count(Event::kVerificationReminded), 1);
}

TEST_F(Change, U16_APurchaseOrderIsChangedByAnAdminsRequestAndAnOperator) {
  for (const UserId& user : {kBob, kEve}) {
    EXPECT_THAT(story.Do(NewOrder(kLabs, user, "PO-2")), IsRefused(Reason::kPermissionDenied)) << user.text();
  }
  const Entry requested = story.Must(NewOrder(kLabs, kAda, "PO-2"));
  EXPECT_EQ(requested.principal(), "user-ada");
  EXPECT_EQ(Setup(kLabs).purchase_order, "");
  const Entry applied = story.Must(ApplyBillingChange{.change = BillingChangeId(requested.position())});
  EXPECT_EQ(applied.principal(), "operator-olga");
  EXPECT_EQ(applied.events(0).billing_change_applied().purchase_order(), "PO-2");
  EXPECT_EQ(Setup(kLabs).purchase_order, "PO-2");
  EXPECT_EQ(Open(kLabs), nullptr);
}

TEST_F(Change, AnOperatorAppliesAChangeOnceAndNoContact) {
  const BillingChangeId order(story.Must(NewOrder(kAdas, kAda, "PO-1")).position());
  story.Must(ApplyBillingChange{.change = order});
  EXPECT_THAT(story.Do(ApplyBillingChange{.change = order}), IsRefused(Reason::kNoOpenChange));
  const BillingChangeId contact(story.Must(NewContact(kAdas, kAda, "new")).position());
  EXPECT_THAT(story.Do(ApplyBillingChange{.change = contact}), IsRefused(Reason::kNoOpenChange));
}

TEST(ChangeBeforeSetUp, IsRefused) {
  Story story;
  story.Must(Registration("ada"));
  EXPECT_THAT(story.Do(NewOrder(kAdas, kAda, "PO-1")), IsRefused(Reason::kBillingNotSetUp));
}

}  // namespace
}  // namespace bursar
