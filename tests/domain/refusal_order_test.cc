// Each command is tried with everything wrong at once, then mended one thing at a time: the refusals that come one
// after the other have to be those of the RPC's comment, in its order.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/domain/story.h"

namespace bursar {
namespace {

// What the comment above `rpc` promises after "Refusals", in order.
std::vector<std::string> Promised(const std::string& rpc) {
  for (const auto& file : std::filesystem::directory_iterator(BURSAR_SOURCE_DIR "/proto/bursar/v1")) {
    std::ifstream lines(file.path());
    std::string comment;
    for (std::string line; std::getline(lines, line);) {
      absl::string_view text = absl::StripLeadingAsciiWhitespace(line);
      if (absl::ConsumePrefix(&text, "//")) {
        absl::StrAppend(&comment, text, " ");
        continue;
      }
      if (absl::StartsWith(text, absl::StrCat("rpc ", rpc, "("))) {
        const size_t start = comment.find("Refusals");
        EXPECT_NE(start, std::string::npos) << rpc;
        const std::string refusals = comment.substr(start);
        const std::regex reason("[A-Z]+(_[A-Z]+)+");
        std::vector<std::string> reasons(std::sregex_token_iterator(refusals.begin(), refusals.end(), reason), {});
        // Where it is listed, all before it but permission is the door's.
        const auto reused = std::find(reasons.begin(), reasons.end(), "REQUEST_ID_REUSED");
        if (reused != reasons.end()) reasons.erase(reasons.begin() + 1, reused + 1);
        return reasons;
      }
      comment.clear();
    }
  }
  ADD_FAILURE() << "there is no rpc " << rpc;
  return {};
}

std::vector<TimeSlot> SlotsFrom(absl::Time now) {
  return {{.start = now + absl::Hours(1), .end = now + absl::Hours(2)},
          {.start = now + absl::Hours(3), .end = now + absl::Hours(4)}};
}

struct Step {
  Reason refused;
  std::function<void()> mend;
};

class Refusals : public testing::Test {
 protected:
  // `who` may not; Ada, who has billing set up and 50.00, is the lab's admin; the lab waits for its contact.
  Refusals() {
    story.Upgrade("ada");
    story.Must(CreateOrganization{.handle = "lab", .name = "Lab", .admin = kAda, .currency = "USD"});
    story.Must(UpgradeForm(kLabs, kAda, "lab"));
  }
  std::function<void()> Become(const char* principal) {
    return [this, principal] { who = As(principal); };
  }

  void RegisterAndClose(const std::string& handle) {
    story.Must(Registration(handle));
    story.Must(CloseUser{.user = Named(handle)});
  }

  template <class AnyCommand>
  void Expect(const std::string& rpc, const AnyCommand& command, const std::vector<Step>& steps) {
    std::vector<std::string> order;
    for (const Step& step : steps) {
      ASSERT_THAT(story.Do(command, who), IsRefused(step.refused)) << rpc;
      order.push_back(NameOf(step.refused));
      step.mend();
    }
    EXPECT_THAT(story.Do(command, who), IsAllowed()) << rpc;
    EXPECT_EQ(order, Promised(rpc)) << rpc;
  }

  Story story;
  Principal who = As("user-mallory");
};

TEST_F(Refusals, PublishPartner) {
  const PublishPartner command{.partner_id = "brand"};
  Expect("PublishPartner", command, {{Reason::kPermissionDenied, Become("operator-olga")}});
}

TEST_F(Refusals, PublishPromotion) {
  PublishPromotion command{.promotion_id = "welcome", .partner_id = "nobody", .amount = Usd("1"), .currency = "USD"};
  command.start_time = story.now() - absl::Hours(1);
  command.end_time = story.now() - absl::Hours(2);
  Expect("PublishPromotion", command,
         {{Reason::kPermissionDenied, Become("operator-olga")},
          {Reason::kPartnerNotFound, [&] { command.partner_id = kPartner; }},
          {Reason::kAlreadyPublished, [&] { command.promotion_id = "other"; }},
          {Reason::kEffectiveTimeInPast, [&] { command.start_time = story.now(); }},
          {Reason::kInvalidField, [&] { command.end_time = story.now() + absl::Hours(1); }}});
}

TEST_F(Refusals, PublishTerms) {
  PublishTerms command{.version = "1", .effective_time = story.now() - absl::Hours(1)};
  Expect("PublishTerms", command,
         {{Reason::kPermissionDenied, Become("operator-olga")},
          {Reason::kAlreadyPublished, [&] { command.version = "2"; }},
          {Reason::kEffectiveTimeInPast, [&] { command.effective_time.reset(); }}});
}

TEST_F(Refusals, PublishActionCatalogue) {
  PublishActionCatalogue command{.effective_time = story.now() - absl::Hours(1),
                                 .actions = {{.name = "data.add"}, {.name = "data.add"}}};
  Expect("PublishActionCatalogue", command,
         {{Reason::kPermissionDenied, Become("operator-olga")},
          {Reason::kEffectiveTimeInPast, [&] { command.effective_time.reset(); }},
          {Reason::kInvalidField, [&] { command.actions.pop_back(); }}});
}

TEST_F(Refusals, PublishPriceList) {
  PublishPriceList command{
      .currency = "USD", .effective_time = story.now() - absl::Hours(1), .prices = {{.sku = "a"}, {.sku = "a"}}};
  Expect("PublishPriceList", command,
         {{Reason::kPermissionDenied, Become("operator-olga")},
          {Reason::kEffectiveTimeInPast, [&] { command.effective_time.reset(); }},
          {Reason::kInvalidField, [&] { command.prices.back().region = "here"; }}});
}

TEST_F(Refusals, RegisterUser) {
  story.Must(LinkIdentity{.user = kAda, .identity = {.issuer = kIssuer, .subject = "1"}});
  RegisterUser command = Registration("Ada", "nobody");
  command.identity = {.issuer = "https://elsewhere.example.org", .subject = "1"};
  Expect("RegisterUser", command,
         {{Reason::kPermissionDenied, Become("service-portal")},
          {Reason::kPartnerNotFound, [&] { command.partner_id = kPartner; }},
          {Reason::kInvalidField, [&] { command.identity.issuer = kIssuer; }},
          {Reason::kIdentityTaken, [&] { command.identity.subject = "2"; }},
          {Reason::kIdentityNotLinked, [&] { command.identity = Identity(); }},
          {Reason::kHandleTaken, [&] { command.handle = "ada2"; }},
          {Reason::kEmailRegistered, [&] { command.person.email = "ada2@example.org"; }}});
}

TEST_F(Refusals, LinkIdentity) {
  story.Must(LinkIdentity{.user = kAda, .identity = {.issuer = kIssuer, .subject = "1"}});
  LinkIdentity command{.user = kBob, .identity = {.issuer = kIssuer, .subject = "1"}};
  Expect("LinkIdentity", command,
         {{Reason::kPermissionDenied, Become("support-sam")},
          {Reason::kUserNotFound, [&] { RegisterAndClose("bob"); }},
          {Reason::kUserClosed,
           [&] {
             story.Must(Registration("eve"));
             command.user = kEve;
           }},
          {Reason::kIdentityTaken, [&] { command.identity.subject = "2"; }}});
}

TEST_F(Refusals, MergeUsers) {
  story.Must(GrantCredit{.billing_account = kAdas, .amount = Usd("999999000")});
  story.Upgrade("eve");
  story.Must(GrantCredit{.billing_account = AccountOfUser("eve"), .amount = Usd("5000")});
  const HoldId hold = story.Hold(Job(kEve, Usd("1")));
  MergeUsers command{.from = kBob, .into = kAda, .reason = "the same"};
  Expect("MergeUsers", command,
         {{Reason::kPermissionDenied, Become("support-sam")},
          {Reason::kUserNotFound, [&] { RegisterAndClose("bob"); }},
          {Reason::kNotMergeable, [&] { command.from = kEve; }},
          {Reason::kNotSettled, [&] { story.Must(ReleaseHold{.hold = hold}); }},
          {Reason::kAmountTooLarge, [&] {
             story.Must(Registration("zoe"));
             command.from = Named("zoe");
           }}});
}

TEST_F(Refusals, CloseUser) {
  const HoldId hold = story.Hold(Job(kAda, Usd("1")));
  CloseUser command{.user = kBob};
  Expect("CloseUser", command,
         {{Reason::kPermissionDenied, Become("support-sam")},
          {Reason::kUserNotFound, [&] { RegisterAndClose("bob"); }},
          {Reason::kUserClosed, [&] { command.user = kAda; }},
          {Reason::kNotSettled, [&] { story.Must(ReleaseHold{.hold = hold}); }},
          {Reason::kLastAdmin, [&] { story.Join(kLab, "eve", {.admin = true}); }}});
}

TEST_F(Refusals, CreateOrganization) {
  CreateOrganization command{.handle = "LAB", .name = "Lab", .admin = kBob, .currency = "USD"};
  Expect("CreateOrganization", command,
         {{Reason::kPermissionDenied, Become("operator-olga")},
          {Reason::kUserNotFound, [&] { RegisterAndClose("bob"); }},
          {Reason::kUserClosed, [&] { command.admin = kAda; }},
          {Reason::kHandleTaken, [&] { command.handle = "lab2"; }}});
}

TEST_F(Refusals, InviteMember) {
  InviteMember command{.organization = kLab, .user = kBob};
  Expect("InviteMember", command,
         {{Reason::kPermissionDenied, Become("user-ada")},
          {Reason::kUserNotFound, [&] { RegisterAndClose("bob"); }},
          {Reason::kUserClosed, [&] { command.user = kAda; }},
          {Reason::kAlreadyMember, [&] {
             story.Must(Registration("eve"));
             command.user = kEve;
           }}});
}

TEST_F(Refusals, RemoveMember) {
  RemoveMember command{.organization = kLab, .user = kBob};
  Expect("RemoveMember", command,
         {{Reason::kPermissionDenied, Become("user-ada")},
          {Reason::kNotAMember, [&] { command.user = kAda; }},
          {Reason::kLastAdmin, [&] { story.Join(kLab, "eve", {.admin = true}); }}});
}

TEST_F(Refusals, SetOrganizationSettings) {
  const SetOrganizationSettings command{.organization = kLab, .hides_admins = true};
  Expect("SetOrganizationSettings", command, {{Reason::kPermissionDenied, Become("user-ada")}});
}

TEST_F(Refusals, SetOrganizationExpiry) {
  SetOrganizationExpiry command{.organization = OrganizationId::OfHandle("nowhere")};
  Expect("SetOrganizationExpiry", command,
         {{Reason::kPermissionDenied, Become("operator-olga")},
          {Reason::kOrganizationNotFound, [&] { command.organization = kLab; }}});
}

TEST_F(Refusals, AcceptInvitation) {
  const AcceptInvitation command{.organization = kLab, .user = kBob};
  Expect(
      "AcceptInvitation", command,
      {{Reason::kPermissionDenied, Become("user-bob")}, {Reason::kNotInvited, [&] {
                                                           story.Must(Registration("bob"));
                                                           story.Must(InviteMember{.organization = kLab, .user = kBob});
                                                         }}});
}

TEST_F(Refusals, SetMemberAccess) {
  SetMemberAccess command{.organization = kLab, .user = kBob};
  Expect("SetMemberAccess", command,
         {{Reason::kPermissionDenied, Become("user-ada")},
          {Reason::kNotAMember, [&] { command.user = kAda; }},
          {Reason::kLastAdmin, [&] { command.access.admin = true; }}});
}

TEST_F(Refusals, SetDefaultPayer) {
  SetDefaultPayer command{.user = kBob, .billing_account = kAdas};
  Expect("SetDefaultPayer", command,
         {{Reason::kPermissionDenied, Become("user-bob")},
          {Reason::kUserNotFound, [&] { story.Must(Registration("bob")); }},
          {Reason::kNotYourBillingAccount, [&] { command.billing_account = kLabs; }},
          {Reason::kBillableActivitiesNotAllowed, [&] { story.Join(kLab, "bob", kMayBill); }}});
}

TEST_F(Refusals, CreateProject) {
  CreateProject command{.user = kBob, .name = "x", .bill_to = kAdas};
  story.Must(PublishActionCatalogue{.actions = {{.name = "analysis.run"}}});
  const BudgetId nothing(story.Must(SetBudget{.billing_account = kLabs}).position());
  Expect("CreateProject", command,
         {{Reason::kPermissionDenied, Become("service-portal")},
          {Reason::kUserNotFound, [&] { RegisterAndClose("bob"); }},
          {Reason::kUserClosed,
           [&] {
             story.Must(Registration("eve"));
             command.user = kEve;
           }},
          {Reason::kNotYourBillingAccount, [&] { command.bill_to = kLabs; }},
          {Reason::kBillableActivitiesNotAllowed, [&] { story.Join(kLab, "eve", kMayBill); }},
          {Reason::kUnknownAction,
           [&] { story.Must(PublishActionCatalogue{.actions = {{.name = "project.create", .gated = true}}}); }},
          {Reason::kBillingNotSetUp,
           [&] {
             story.Must(Opened("lab"));
             story.Must(SetOrganizationExpiry{.organization = kLab, .expire_time = story.now()});
           }},
          {Reason::kOrganizationExpired, [&] { story.Must(SetOrganizationExpiry{.organization = kLab}); }},
          {Reason::kBudgetExceeded, [&] { story.Must(RemoveBudget{.budget = nothing}); }},
          {Reason::kSpendingLimitExceeded,
           [&] { story.Must(SetSpendingLimit{.billing_account = kLabs, .limit = Usd("1")}); }}});
}

// Bob owns a project that the lab pays for, and is admin of a university without billing.
class Transfers : public Refusals {
 protected:
  Transfers() {
    story.Must(Opened("lab"));
    story.Must(SetSpendingLimit{.billing_account = kLabs, .limit = Usd("10")});
    story.Join(kLab, "bob", kMayBill);
    project = ProjectId(story.Must(CreateProject{.user = kBob, .name = "x", .bill_to = kLabs}).position());
    story.Must(CreateOrganization{.handle = "uni", .name = "Uni", .admin = kBob, .currency = "USD"});
  }
  std::function<void()> SetUpUniThatHasExpired() {
    return [this] {
      story.Must(UpgradeForm(unis, kBob, "uni"));
      story.Must(Opened("uni"));
      story.Must(SetOrganizationExpiry{.organization = uni, .expire_time = story.now()});
    };
  }
  std::function<void()> Renew() {
    return [this] { story.Must(SetOrganizationExpiry{.organization = uni}); };
  }
  std::function<void()> Fund() {
    return [this] { story.Must(SetSpendingLimit{.billing_account = unis, .limit = Usd("1")}); };
  }
  std::function<void()> Offer() {
    return [this] { story.Must(SetProjectPayer{.user = kAda, .project = project, .bill_to = unis}); };
  }

  const OrganizationId uni = OrganizationId::OfHandle("uni");
  const BillingAccountId unis = BillingAccountId(uni);
  ProjectId project;
};

TEST_F(Transfers, SetProjectPayer) {
  RegisterAndClose("eve");
  story.Must(SetOrganizationSettings{.organization = kLab, .restricts_transfers = true});
  SetProjectPayer command{.user = kBob, .project = project, .bill_to = AccountOfUser("ghost")};
  Expect("SetProjectPayer", command,
         {{Reason::kPermissionDenied, Become("user-bob")},
          {Reason::kTransfersRestricted, [&] { story.Must(SetOrganizationSettings{.organization = kLab}); }},
          {Reason::kBillingAccountNotFound, [&] { command.bill_to = kLabs; }},
          {Reason::kInvalidField, [&] { command.bill_to = AccountOfUser("eve"); }},
          {Reason::kUserClosed, [&] { command.bill_to = unis; }},
          {Reason::kBillingNotSetUp, SetUpUniThatHasExpired()},
          {Reason::kOrganizationExpired, Renew()},
          {Reason::kSpendingLimitExceeded, Fund()}});
}

TEST_F(Transfers, AcceptProjectTransfer) {
  const AcceptProjectTransfer command{.user = kBob, .project = project};
  Expect("AcceptProjectTransfer", command,
         {{Reason::kPermissionDenied, Become("user-bob")},
          {Reason::kNoTransferOffered, Offer()},
          {Reason::kBillingNotSetUp, SetUpUniThatHasExpired()},
          {Reason::kOrganizationExpired, Renew()},
          {Reason::kSpendingLimitExceeded, Fund()}});
}

TEST_F(Transfers, DeclineProjectTransfer) {
  const DeclineProjectTransfer command{.user = kBob, .project = project};
  Expect("DeclineProjectTransfer", command,
         {{Reason::kPermissionDenied, Become("user-bob")}, {Reason::kNoTransferOffered, Offer()}});
}

TEST_F(Refusals, SubmitAccountUpgrade) {
  SubmitAccountUpgrade command = UpgradeForm(kAdas, kAda, "again");
  command.terms_version = "0";
  Expect("SubmitAccountUpgrade", command,
         {{Reason::kPermissionDenied, Become("user-ada")},
          {Reason::kAlreadyConfirmed, [&] { command.billing_account = kLabs; }},
          {Reason::kTermsOutdated, [&] { command.terms_version = "1"; }}});
}

TEST_F(Refusals, ResendVerification) {
  ResendVerification command{.billing_account = kBobs, .link = Link("again")};
  Expect("ResendVerification", command,
         {{Reason::kPermissionDenied, Become("support-sam")},
          {Reason::kBillingAccountNotFound, [&] { command.billing_account = kAdas; }},
          {Reason::kNothingToResend, [&] { command.billing_account = kLabs; }}});
}

TEST_F(Refusals, ConfirmBilling) {
  ConfirmBilling command = Opened("invented");
  story.Pass(absl::Hours(24 * 8));
  Expect("ConfirmBilling", command,
         {{Reason::kLinkInvalid, [&] { command = Opened("lab"); }},
          {Reason::kLinkExpired, [&] {
             story.Must(ResendVerification{.billing_account = kLabs, .link = Link("new")});
             command = Opened("new");
           }}});
}

TEST_F(Refusals, DeclineBilling) {
  DeclineBilling command{.selector = "invented"};
  story.Pass(absl::Hours(24 * 8));
  Expect("DeclineBilling", command,
         {{Reason::kLinkInvalid,
           [&] { command = {.selector = Link("lab").selector, .secret_hash = Link("lab").secret_hash}; }},
          {Reason::kLinkExpired, [&] {
             story.Must(ResendVerification{.billing_account = kLabs, .link = Link("new")});
             command = {.selector = Link("new").selector, .secret_hash = Link("new").secret_hash};
           }}});
}

TEST_F(Refusals, RequestBillingChange) {
  const RequestBillingChange command{.billing_account = kLabs, .user = kAda, .purchase_order = "PO-1"};
  Expect("RequestBillingChange", command,
         {{Reason::kPermissionDenied, Become("user-ada")},
          {Reason::kBillingNotSetUp, [&] { story.Must(Opened("lab")); }}});
}

TEST_F(Refusals, ApplyBillingChange) {
  ApplyBillingChange command{.change = BillingChangeId(1)};
  Expect("ApplyBillingChange", command,
         {{Reason::kPermissionDenied, Become("operator-olga")},
          {Reason::kNoOpenChange, [&] {
             const Entry entry =
                 story.Must(RequestBillingChange{.billing_account = kAdas, .user = kAda, .purchase_order = "PO-1"});
             command.change = BillingChangeId(entry.position());
           }}});
}

TEST_F(Refusals, RequestAssistedSetup) {
  RequestAssistedSetup command{.billing_account = kAdas, .user = kAda};
  Expect("RequestAssistedSetup", command,
         {{Reason::kPermissionDenied, Become("user-ada")},
          {Reason::kAlreadyConfirmed, [&] { command.billing_account = kLabs; }},
          {Reason::kInvalidField, [&] { command.slots = SlotsFrom(story.now()); }}});
}

TEST_F(Refusals, ScheduleAssistedSetup) {
  ScheduleAssistedSetup command{.setup = AssistedSetupId(1), .slot = 2, .link = Link("slot")};
  Expect("ScheduleAssistedSetup", command,
         {{Reason::kPermissionDenied, Become("operator-olga")},
          {Reason::kNoOpenSetup,
           [&] {
             const Entry entry = story.Must(
                 RequestAssistedSetup{.billing_account = kLabs, .user = kAda, .slots = SlotsFrom(story.now())});
             command.setup = AssistedSetupId(entry.position());
           }},
          {Reason::kInvalidField, [&] { command.slot = 1; }}});
}

TEST_F(Refusals, RecordPurchaseOrder) {
  RecordPurchaseOrder command{.number = "PO-1", .platform_id = "org-lab", .currency = "USD"};
  story.Must(command);
  Expect("RecordPurchaseOrder", command,
         {{Reason::kPermissionDenied, Become("finance-fay")},
          {Reason::kPurchaseOrderRecorded, [&] { command.number = "PO-2"; }}});
}

TEST_F(Refusals, WithdrawLimitIncrease) {
  const RequestLimitIncrease ask{.billing_account = kAdas, .user = kAda, .requested_limit = Usd("5")};
  const IncreaseId superseded(story.Must(ask).position());
  const IncreaseId pending(story.Must(ask).position());
  WithdrawLimitIncrease command{.increase = superseded};
  Expect("WithdrawLimitIncrease", command,
         {{Reason::kPermissionDenied, Become("user-ada")},
          {Reason::kIncreaseNotPending, [&] { command.increase = pending; }}});
}

TEST_F(Refusals, RecordPayment) {
  RecordPayment command{.billing_account = kBobs, .amount = kMostMoney, .currency = "GBP"};
  Expect("RecordPayment", command,
         {{Reason::kPermissionDenied, Become("finance-fay")},
          {Reason::kBillingAccountNotFound, [&] { command.billing_account = kAdas; }},
          {Reason::kCurrencyMismatch, [&] { command.currency = "USD"; }},
          {Reason::kAmountTooLarge, [&] { command.amount = Usd("1"); }}});
}

TEST_F(Refusals, GrantCredit) {
  GrantCredit command{.billing_account = kBobs, .amount = kMostMoney, .currency = "GBP", .reason = "x"};
  command.expire_time = story.now();
  Expect("GrantCredit", command,
         {{Reason::kPermissionDenied, Become("operator-olga")},
          {Reason::kBillingAccountNotFound, [&] { command.billing_account = kAdas; }},
          {Reason::kCurrencyMismatch, [&] { command.currency.clear(); }},
          {Reason::kInvalidField, [&] { command.expire_time.reset(); }},
          {Reason::kAmountTooLarge, [&] { command.amount = Usd("1"); }}});
}

TEST_F(Refusals, SetSpendingLimit) {
  SetSpendingLimit command{.billing_account = kBobs, .limit = Usd("1"), .currency = "GBP"};
  Expect("SetSpendingLimit", command,
         {{Reason::kPermissionDenied, Become("operator-olga")},
          {Reason::kBillingAccountNotFound, [&] { command.billing_account = kAdas; }},
          {Reason::kCurrencyMismatch, [&] { command.currency = "USD"; }}});
}

TEST_F(Refusals, SetBudget) {
  SetBudget command{.billing_account = kBobs, .limit = Usd("1"), .time_zone = "Europe/Atlantis"};
  command.scope = {.member = kBob, .project = ProjectId(1)};
  Expect("SetBudget", command,
         {{Reason::kPermissionDenied, Become("operator-olga")},
          {Reason::kBillingAccountNotFound, [&] { command.billing_account = kAdas; }},
          {Reason::kUserNotFound, [&] { command.scope.member = kAda; }},
          {Reason::kProjectNotFound, [&] { command.scope.project = ProjectId(); }},
          {Reason::kInvalidField, [&] { command.time_zone = "Europe/Berlin"; }}});
}

TEST_F(Refusals, RemoveBudget) {
  const BudgetId budget(story.Must(SetBudget{.billing_account = kAdas}).position());
  RemoveBudget command{.budget = BudgetId(1)};
  Expect("RemoveBudget", command, {{Reason::kPermissionDenied, Become("operator-olga")}, {Reason::kBudgetNotFound, [&] {
                                                                                            command.budget = budget;
                                                                                          }}});
}

TEST_F(Refusals, RequestLimitIncrease) {
  RequestLimitIncrease command{.billing_account = kLabs, .user = kAda, .requested_limit = Money(), .currency = "GBP"};
  Expect("RequestLimitIncrease", command,
         {{Reason::kPermissionDenied, Become("user-ada")},
          {Reason::kCurrencyMismatch, [&] { command.currency = "USD"; }},
          {Reason::kBillingNotSetUp, [&] { story.Must(Opened("lab")); }},
          {Reason::kNotAnIncrease, [&] { command.requested_limit = Usd("1"); }}});
}

TEST_F(Refusals, ApproveLimitIncrease) {
  const auto ask = [&](const char* limit) {
    return IncreaseId(
        story.Must(RequestLimitIncrease{.billing_account = kAdas, .user = kAda, .requested_limit = Usd(limit)})
            .position());
  };
  const IncreaseId superseded = ask("5");
  const IncreaseId pending = ask("5");
  story.Must(SetSpendingLimit{.billing_account = kAdas, .limit = Usd("7")});
  ApproveLimitIncrease command{.increase = IncreaseId(1), .limit = Usd("6"), .end_time = story.now()};
  Expect("ApproveLimitIncrease", command,
         {{Reason::kPermissionDenied, Become("operator-ada")},
          {Reason::kIncreaseNotFound, [&] { command.increase = superseded; }},
          {Reason::kOwnRequest, Become("operator-olga")},
          {Reason::kIncreaseNotPending, [&] { command.increase = pending; }},
          {Reason::kMoreThanRequested, [&] { command.limit = Usd("4"); }},
          {Reason::kNotAnIncrease, [&] { story.Must(SetSpendingLimit{.billing_account = kAdas, .limit = Usd("3")}); }},
          {Reason::kInvalidField, [&] { command.end_time.reset(); }}});
}

TEST_F(Refusals, DenyLimitIncrease) {
  const RequestLimitIncrease ask{.billing_account = kAdas, .user = kAda, .requested_limit = Usd("5")};
  const IncreaseId superseded(story.Must(ask).position());
  const IncreaseId pending(story.Must(ask).position());
  DenyLimitIncrease command{.increase = IncreaseId(1)};
  Expect("DenyLimitIncrease", command,
         {{Reason::kPermissionDenied, Become("operator-ada")},
          {Reason::kIncreaseNotFound, [&] { command.increase = superseded; }},
          {Reason::kOwnRequest, Become("operator-olga")},
          {Reason::kIncreaseNotPending, [&] { command.increase = pending; }}});
}

TEST_F(Refusals, Check) {
  Check command{.action = Asking("unknown", kBob)};
  command.action.bill_to = kAdas;
  command.action.project = ProjectId(1);
  Expect("Check", command,
         {{Reason::kPermissionDenied, Become("service-portal")},
          {Reason::kUserNotFound, [&] { command.action.user = kAda; }},
          {Reason::kUnknownAction, [&] { command.action.action = "data.add"; }},
          {Reason::kProjectNotFound, [&] { command.action.project = ProjectId(); }}});
}

TEST_F(Refusals, PlaceHold) {
  PlaceHold command{.action = Asking("unknown", kBob, Usd("1")), .expire_time = story.now()};
  command.action.project = ProjectId(1);
  Expect("PlaceHold", command,
         {{Reason::kPermissionDenied, Become("service-portal")},
          {Reason::kUserNotFound, [&] { command.action.user = kAda; }},
          {Reason::kUnknownAction, [&] { command.action.action = "data.add"; }},
          {Reason::kProjectNotFound, [&] { command.action.project = ProjectId(); }},
          {Reason::kActionIsFree, [&] { command.action.action = "analysis.run"; }},
          {Reason::kInvalidField, [&] { command.expire_time.reset(); }}});
}

TEST_F(Refusals, ExtendHold) {
  const HoldId hold = story.Hold(Job(kAda, Usd("1")));
  ExtendHold command{.hold = HoldId(1), .additional = Usd("1000"), .expire_time = story.now()};
  Expect("ExtendHold", command,
         {{Reason::kPermissionDenied, Become("service-portal")},
          {Reason::kHoldNotOpen, [&] { command.hold = hold; }},
          {Reason::kInvalidField, [&] {
             command.expire_time.reset();
             command.additional = Usd("1");
           }}});
}

TEST_F(Refusals, CaptureHold) {
  const HoldId hold = story.Hold(Job(kAda, Usd("1")));
  const int64_t most = std::numeric_limits<int64_t>::max();
  Metered usage{.sku = "unknown", .quantity = most, .usage_time = story.now() + absl::Hours(1)};
  CaptureHold command{.hold = HoldId(1), .cost = usage};
  const auto use = [&] { command.cost = usage; };
  Expect("CaptureHold", command,
         {{Reason::kPermissionDenied, Become("service-portal")},
          {Reason::kHoldNotOpen, [&] { command.hold = hold; }},
          {Reason::kInvalidField, [&] { usage.usage_time.reset(), use(); }},
          {Reason::kNoPrice, [&] { usage.sku = "compute.mem1", use(); }},
          {Reason::kAmountTooLarge, [&] { usage.quantity = 360'000, use(); }}});
}

TEST_F(Refusals, ReleaseHold) {
  const HoldId hold = story.Hold(Job(kAda, Usd("1")));
  ReleaseHold command{.hold = HoldId(1)};
  Expect("ReleaseHold", command,
         {{Reason::kPermissionDenied, Become("service-portal")}, {Reason::kHoldNotOpen, [&] { command.hold = hold; }}});
}

TEST_F(Refusals, RecordUsage) {
  RecordUsage command = CoreHours(kBob, 1, kBobs);
  command.project = ProjectId(1);
  constexpr int64_t kMoreThanHalf = 15'000'000'000'000;  // of what an account can owe
  command.metered = {.sku = "unknown", .quantity = kMoreThanHalf, .usage_time = story.now() + absl::Hours(1)};
  RecordUsage first = CoreHours(kAda, 0, kAdas);
  first.metered.quantity = kMoreThanHalf;
  story.Must(first);
  Expect("RecordUsage", command,
         {{Reason::kPermissionDenied, Become("service-portal")},
          {Reason::kUserNotFound, [&] { command.user = kAda; }},
          {Reason::kProjectNotFound, [&] { command.project = ProjectId(); }},
          {Reason::kBillingAccountNotFound, [&] { command.bill_to = kAdas; }},
          {Reason::kInvalidField, [&] { command.metered.usage_time.reset(); }},
          {Reason::kNoPrice, [&] { command.metered.sku = "compute.mem1"; }},
          {Reason::kAmountTooLarge, [&] { command.metered.quantity = 1; }}});
}

TEST_F(Refusals, AdvanceClock) {
  AdvanceClock command{.to = story.now() - absl::Microseconds(1)};
  Expect("AdvanceClock", command,
         {{Reason::kPermissionDenied, Become("service-portal")},
          {Reason::kClockNotManual, [&] { command.clock_is_manual = true; }},
          {Reason::kClockWouldGoBack, [&] { command.to = story.now(); }}});
}

TEST_F(Refusals, RevokeCredit) {
  const auto grant = [&] {
    return CreditId(story.Must(GrantCredit{.billing_account = kAdas, .amount = Usd("1"), .reason = "x"}).position());
  };
  const Entry paid = story.Must(RecordPayment{.billing_account = kAdas, .amount = Usd("1")});
  const CreditId revoked = grant();
  story.Must(RevokeCredit{.credit = revoked});
  const HoldId hold = story.Hold(Job(kAda, Usd("51")));
  RevokeCredit command{.credit = CreditId(1)};
  Expect("RevokeCredit", command,
         {{Reason::kPermissionDenied, Become("operator-olga")},
          {Reason::kCreditNotFound, [&] { command.credit = revoked; }},
          {Reason::kCreditOver, [&] { command.credit = CreditId(paid.position()); }},
          {Reason::kNotSettled, [&] { story.Must(ReleaseHold{.hold = hold}); }}});
}

TEST_F(Refusals, ReverseCharge) {
  const Entry charge = story.Must(CoreHours(kAda, 10));
  ReverseCharge command{.charge = ChargeId(1), .amount = Usd("1.44"), .charged = story.entries().front()};
  Expect("ReverseCharge", command,
         {{Reason::kPermissionDenied, Become("finance-fay")},
          {Reason::kChargeNotFound,
           [&] {
             command.charge = ChargeId(charge.position());
             command.charged = charge;
           }},
          {Reason::kChargeReversed, [&] { command.amount = Usd("1.43"); }}});
}

TEST_F(Refusals, ReleaseQuarantinedUsage) {
  constexpr int64_t kMoreThanHalf = 15'000'000'000'000;  // of what an account can owe
  const Entry negative = story.Must(CoreHours(kAda, -1));
  RecordUsage first = CoreHours(kAda, 0, kAdas);
  first.metered.quantity = kMoreThanHalf;
  story.Must(first);
  ReleaseQuarantinedUsage command{.quarantine = QuarantineId(1)};
  Expect("ReleaseQuarantinedUsage", command,
         {{Reason::kPermissionDenied, Become("operator-olga")},
          {Reason::kNotQuarantined, [&] { command.quarantine = QuarantineId(negative.position()); }},
          {Reason::kInvalidField, [&] { command.quantity = kMoreThanHalf; }},
          {Reason::kAmountTooLarge, [&] { command.quantity = 1; }}});
}

TEST_F(Refusals, DiscardQuarantinedUsage) {
  const Entry negative = story.Must(CoreHours(kAda, -1));
  DiscardQuarantinedUsage command{.quarantine = QuarantineId(1)};
  Expect("DiscardQuarantinedUsage", command,
         {{Reason::kPermissionDenied, Become("operator-olga")},
          {Reason::kNotQuarantined, [&] { command.quarantine = QuarantineId(negative.position()); }}});
}

TEST_F(Refusals, PublishSponsorship) {
  PublishSponsorship command{.sponsorship_id = "taken", .billing_account = kBobs, .partner_id = "nobody"};
  story.Must(PublishSponsorship{.sponsorship_id = "taken", .billing_account = kLabs, .skus = {"storage"}});
  command.start_time = story.now() - absl::Hours(1);
  Expect("PublishSponsorship", command,
         {{Reason::kPermissionDenied, Become("operator-olga")},
          {Reason::kBillingAccountNotFound, [&] { command.billing_account = kLabs; }},
          {Reason::kPartnerNotFound, [&] { command.partner_id = kPartner; }},
          {Reason::kAlreadyPublished, [&] { command.sponsorship_id = "other"; }},
          {Reason::kEffectiveTimeInPast, [&] { command.start_time.reset(); }},
          {Reason::kInvalidField, [&] { command.actions = {"analysis.run"}; }}});
}

// The gate's own order is that of its denials; for want of permission it says nothing else.
TEST_F(Refusals, OfTheGateAreDenialsInOrder) {
  const auto bindings = [&](const BillingAccountId& bill_to) {
    std::vector<std::string> reasons;
    const Entry entry = story.Must(PlaceHold{.action = Job(kBob, Usd("1"), bill_to)});
    for (const auto& binding : entry.events(0).action_denied().bindings()) reasons.push_back(binding.reason());
    return reasons;
  };
  story.Must(Registration("bob"));
  EXPECT_THAT(bindings(kAdas), testing::ElementsAre("NOT_YOUR_BILLING_ACCOUNT"));
  EXPECT_THAT(bindings(kLabs), testing::ElementsAre("BILLABLE_ACTIVITIES_NOT_ALLOWED"));
  story.Join(kLab, "bob", kMayBill);
  EXPECT_THAT(bindings(kLabs), testing::ElementsAre("BILLING_NOT_SET_UP", "SPENDING_LIMIT_EXCEEDED"));
  story.Must(Opened("lab"));
  EXPECT_THAT(bindings(kLabs), testing::ElementsAre("SPENDING_LIMIT_EXCEEDED"));
}

}  // namespace
}  // namespace bursar
