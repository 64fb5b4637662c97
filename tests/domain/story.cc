#include "tests/domain/story.h"

#include <functional>
#include <iterator>
#include <map>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"
#include "ledger/domain/evolve.h"
#include "ledger/domain/notices.h"
#include "ledger/domain/postings.h"

namespace bursar {
namespace {

using google::protobuf::RepeatedPtrField;

const Principal kOlga = As("operator-olga");
const Principal kPortal = As("service-portal");

Person SomePerson(const std::string& handle) { return {.name = handle, .email = absl::StrCat(handle, "@example.org")}; }

Person SomeContact() {
  return {
      .name = "Cleo Contact", .email = "cleo@example.org", .postal_address = "1 Main Street", .phone = "+1 555 0100"};
}

PublishActionCatalogue Catalogue() {
  PublishActionCatalogue catalogue;
  for (const char* name : {"analysis.run", "data.egress"}) {
    catalogue.actions.push_back({.name = name, .gated = true, .free = false, .category = "compute"});
  }
  for (const char* name : {"project.create", "data.add", "folder.create", "workflow.create"}) {
    catalogue.actions.push_back({.name = name, .gated = true, .free = true, .category = "free"});
  }
  for (const char* name :
       {"session.open", "data.list", "data.view", "data.share", "data.delete", "project.archive", "job.terminate"}) {
    catalogue.actions.push_back({.name = name, .gated = false, .free = true, .category = "free"});
  }
  return catalogue;
}

PublishPriceList Prices(const std::string& currency, const std::string& core_hour) {
  return {.currency = currency,
          .prices = {{.sku = "compute.mem1", .price = Usd(core_hour), .per_quantity = 3600, .category = "compute"},
                     {.sku = "storage", .price = Usd("0.03"), .per_quantity = 2'678'400, .category = "storage"}}};
}

}  // namespace

Money Usd(const std::string& amount) {
  const auto money = ParseAmount(amount);
  BURSAR_CHECK(money.has_value());
  return *money;
}

UserId Named(const std::string& handle) { return UserId::OfHandle(handle); }
BillingAccountId AccountOfUser(const std::string& handle) { return BillingAccountId(Named(handle)); }

Principal As(const std::string& principal) {
  const auto parsed = Principal::Parse(principal);
  BURSAR_CHECK(parsed.has_value());
  return *parsed;
}

GatedAction Job(const UserId& user, Money cost, const BillingAccountId& bill_to) {
  return {.action = "analysis.run", .user = user, .bill_to = bill_to, .cost = cost};
}

GatedAction Asking(const std::string& action, const UserId& user, Money cost) {
  return {.action = action, .user = user, .cost = cost};
}

RegisterUser Registration(const std::string& handle, const std::string& partner) {
  return {.handle = handle, .person = SomePerson(handle), .partner_id = partner, .currency = "USD"};
}

LinkSeed Link(const std::string& name) {
  return {.selector = absl::StrCat("selector ", name), .secret_hash = absl::StrCat("hash ", name)};
}

SubmitAccountUpgrade UpgradeForm(const BillingAccountId& account, const UserId& user, const std::string& link) {
  return {.billing_account = account,
          .user = user,
          .contact = SomeContact(),
          .terms_version = "1",
          .pricing_version = "1",
          .link = Link(link)};
}

ConfirmBilling Opened(const std::string& link) {
  return {.selector = Link(link).selector, .secret_hash = Link(link).secret_hash};
}

RecordUsage CoreHours(const UserId& user, int64_t hours, const BillingAccountId& bill_to) {
  return {.user = user, .bill_to = bill_to, .metered = {.sku = "compute.mem1", .quantity = hours * 3600}};
}

Story::Story() {
  Must(PublishPartner{.partner_id = kPartner,
                      .display_name = "SJ Cloud",
                      .default_region = kRegion,
                      .identity_providers = {{.issuer = kIssuer}, {.issuer = kHouse, .internal = true}}});
  Must(PublishPromotion{
      .promotion_id = "welcome", .partner_id = kPartner, .amount = Usd("50"), .currency = "USD", .end_time = {}});
  Must(PublishTerms{.document = Document::kTerms, .version = "1"});
  Must(PublishTerms{.document = Document::kPricing, .version = "1"});
  Must(Catalogue());
  Must(Prices("USD", "0.143"));
  Must(Prices("GBP", "0.12"));
}

Story::~Story() {
  State replayed;
  for (const Entry& entry : entries_) Evolve(replayed, entry);
  EXPECT_EQ(replayed.Canonical(), state_.Canonical());
}

absl::StatusOr<Entry> Story::Do(const Command& command, const Principal& principal) {
  while (state_.NextDue() <= now_) {
    const auto due = Decided(ExpireDue{}, Principal::System());
    BURSAR_CHECK(due.ok() && !due->events.empty());
    Append(*due, Principal::System());
  }
  const auto decision = Decided(command, principal);
  if (!decision.ok()) return decision.status();
  if (decision->repeats.has_value()) return entries_.at(*decision->repeats - 1);
  if (decision->events.empty()) return Entry();
  if (!decision->written) {
    Entry answer;
    answer.set_position(state_.position);
    answer.mutable_events()->Assign(decision->events.begin(), decision->events.end());
    return answer;
  }
  return Append(*decision, principal);
}

Entry Story::Must(const Command& command, const Principal& principal) {
  auto entry = Do(command, principal);
  if (!entry.ok()) std::fprintf(stderr, "%s\n", std::string(entry.status().message()).c_str());
  BURSAR_CHECK(entry.ok());
  return *std::move(entry);
}

void Story::Upgrade(const std::string& handle) {
  Must(Registration(handle));
  Must(UpgradeForm(AccountOfUser(handle), Named(handle), handle));
  Must(Opened(handle));
}

void Story::OpenLab(const std::string& admin, bool hides_admins) {
  if (state_.Find(Named(admin)) == nullptr) Must(Registration(admin, ""));
  Must(CreateOrganization{
      .handle = "lab", .name = "The Lab", .admin = Named(admin), .currency = "USD", .hides_admins = hides_admins});
  Must(UpgradeForm(kLabs, Named(admin), "lab"));
  Must(Opened("lab"));
}

void Story::Join(const OrganizationId& organization, const std::string& handle, const MemberAccess& access) {
  if (state_.Find(Named(handle)) == nullptr) Must(Registration(handle, ""));
  Must(InviteMember{.organization = organization, .user = Named(handle), .access = access});
  Must(AcceptInvitation{.organization = organization, .user = Named(handle)});
}

void Story::FundedLab(bool hides_admins) {
  OpenLab("ada", hides_admins);
  Must(SetSpendingLimit{.billing_account = kLabs, .limit = Usd("1000")});
  Join(kLab, "bob", kMayBill);
  Join(kLab, "eve", kMayNotBill);
}

HoldId Story::Hold(const GatedAction& action) {
  const Entry entry = Must(PlaceHold{.action = action});
  BURSAR_CHECK(entry.events(0).has_hold_placed());
  return HoldId(entry.position());
}

ReverseCharge Story::Reversal(const Entry& charge, ReversalCause cause) const {
  return {.charge = ChargeId(charge.position()), .cause = cause, .reason = "It was wrong.", .charged = charge};
}

Entry Story::Write(const std::vector<Event>& events) { return Append({.events = events}, As("support-sam")); }

int Story::Count(Event::KindCase kind) const {
  int count = 0;
  for (const Entry& entry : entries_) {
    for (const Event& event : entry.events()) count += event.kind_case() == kind ? 1 : 0;
  }
  return count;
}

Principal Story::Usual(const Command& command) const {
  struct Visitor {
    const State& state;

    Principal AdminOf(const OrganizationId& id) const {
      const Organization* organization = state.Find(id);
      return organization == nullptr ? kOlga : As(organization->Admins().front().text());
    }
    Principal operator()(const RegisterUser& command) const { return command.identity.empty() ? Principal() : kPortal; }
    Principal operator()(const ConfirmBilling&) const { return Principal(); }
    Principal operator()(const CreateOrganization& command) const { return As(command.admin.text()); }
    Principal operator()(const InviteMember& command) const { return AdminOf(command.organization); }
    Principal operator()(const SetMemberAccess& command) const { return AdminOf(command.organization); }
    Principal operator()(const AcceptInvitation& command) const { return As(command.user.text()); }
    Principal operator()(const SetDefaultPayer& command) const { return As(command.user.text()); }
    Principal operator()(const CreateProject& command) const { return As(command.user.text()); }
    Principal operator()(const SubmitAccountUpgrade& command) const { return As(command.user.text()); }
    Principal operator()(const RequestLimitIncrease& command) const { return As(command.user.text()); }
    Principal operator()(const ResendVerification&) const { return As("support-sam"); }
    Principal operator()(const RecordPayment&) const { return As("finance-fay"); }
    Principal operator()(const Check&) const { return kPortal; }
    Principal operator()(const PlaceHold&) const { return kPortal; }
    Principal operator()(const ExtendHold&) const { return kPortal; }
    Principal operator()(const CaptureHold&) const { return kPortal; }
    Principal operator()(const ReleaseHold&) const { return kPortal; }
    Principal operator()(const RecordUsage&) const { return kPortal; }
    Principal operator()(const AdvanceClock&) const { return kOlga; }
    Principal operator()(const ExpireDue&) const { return Principal::System(); }
    Principal operator()(const PublishPartner&) const { return kOlga; }
    Principal operator()(const PublishPromotion&) const { return kOlga; }
    Principal operator()(const PublishTerms&) const { return kOlga; }
    Principal operator()(const PublishActionCatalogue&) const { return kOlga; }
    Principal operator()(const PublishPriceList&) const { return kOlga; }
    Principal operator()(const GrantCredit&) const { return kOlga; }
    Principal operator()(const SetSpendingLimit&) const { return kOlga; }
    Principal operator()(const ApproveLimitIncrease&) const { return kOlga; }
    Principal operator()(const DenyLimitIncrease&) const { return kOlga; }
    Principal operator()(const RequestBillingChange& command) const { return As(command.user.text()); }
    Principal operator()(const RequestAssistedSetup& command) const { return As(command.user.text()); }
    Principal operator()(const CloseUser& command) const { return As(command.user.text()); }
    Principal operator()(const SetProjectPayer& command) const { return As(command.user.text()); }
    Principal operator()(const AcceptProjectTransfer& command) const { return As(command.user.text()); }
    Principal operator()(const DeclineProjectTransfer& command) const { return As(command.user.text()); }
    Principal operator()(const SetOrganizationSettings& command) const { return AdminOf(command.organization); }
    Principal operator()(const RemoveMember& command) const { return AdminOf(command.organization); }
    Principal operator()(const PublishSponsorship&) const { return kOlga; }
    Principal operator()(const SetOrganizationExpiry&) const { return kOlga; }
    Principal operator()(const ApplyBillingChange&) const { return kOlga; }
    Principal operator()(const ScheduleAssistedSetup&) const { return kOlga; }
    Principal operator()(const RevokeCredit&) const { return kOlga; }
    Principal operator()(const SetBudget&) const { return kOlga; }
    Principal operator()(const RemoveBudget&) const { return kOlga; }
    Principal operator()(const ReleaseQuarantinedUsage&) const { return kOlga; }
    Principal operator()(const DiscardQuarantinedUsage&) const { return kOlga; }
    Principal operator()(const LinkIdentity&) const { return As("support-sam"); }
    Principal operator()(const MergeUsers&) const { return As("support-sam"); }
    Principal operator()(const DeclineBilling&) const { return Principal(); }
    Principal operator()(const RecordPurchaseOrder&) const { return kPortal; }
    Principal operator()(const ReverseCharge& command) const {
      return command.cause == ReversalCause::kPlatformFailure ? kPortal : As("finance-fay");
    }
    Principal operator()(const WithdrawLimitIncrease& command) const {
      const LimitIncrease* increase = state.Find(command.increase);
      return increase == nullptr ? kOlga : As(increase->requester.text());
    }
  };
  return std::visit(Visitor{state_}, command);
}

absl::StatusOr<Decision> Story::Decided(const Command& command, const Principal& principal) const {
  return Decide(state_, command, principal, now_);
}

const Entry& Story::Append(const Decision& decision, const Principal& principal) {
  Entry entry;
  entry.set_position(state_.position + 1);
  entry.set_commit_time(absl::ToUnixMicros(now_));
  entry.set_principal(principal.text());
  entry.mutable_events()->Assign(decision.events.begin(), decision.events.end());
  Evolve(state_, entry);
  entries_.push_back(std::move(entry));
  CheckLaws();
  return entries_.back();
}

void Story::CheckLaws() const {
  for (const Event& event : entries_.back().events()) {
    CheckBooks(event);
    CheckSaidFunds(event);
  }
  CheckMoney();
  CheckBudgets();
  CheckSponsors();
}

// Postings are balanced.
void Story::CheckBooks(const Event& event) const {
  std::map<std::string, Money> sums;
  for (const Posting& posting : PostingsOf(event)) sums[posting.currency] += posting.amount;
  for (const auto& [currency, sum] : sums) EXPECT_EQ(sum, Money()) << event.ShortDebugString();
}

// What an event says of funds afterwards is so, nothing was admitted beyond them, and each threshold that they are
// beyond was noticed.
void Story::CheckSaidFunds(const Event& event) const {
  const BillingAccountId id = AccountOf(event);
  if (id.empty()) return;
  const BillingAccount& account = Account(id);
  EXPECT_EQ(account.crossed_percent, PercentUsed(Funds(id), account.funds_base)) << event.ShortDebugString();
  const auto funds = [&](HoldId hold) {
    const auto& placed = entries_.at(hold.number() - 1).events(0).hold_placed();
    return account.balance.Funds(placed.action(), now_).micros();
  };
  if (event.has_credit_granted()) {
    EXPECT_EQ(event.credit_granted().funds_after_micros(), Funds(id).micros());
  }
  if (event.has_payment_recorded()) {
    EXPECT_EQ(event.payment_recorded().funds_after_micros(), Funds(id).micros());
  }
  if (event.has_spending_limit_set()) {
    EXPECT_EQ(event.spending_limit_set().funds_after_micros(), Funds(id).micros());
  }
  // Where an account ends, more follows in the same entry.
  if (event.has_credit_revoked() && FindEvent(entries_.back(), Event::kUserClosed) == nullptr &&
      FindEvent(entries_.back(), Event::kUsersMerged) == nullptr) {
    EXPECT_EQ(event.credit_revoked().funds_after_micros(), Funds(id).micros());
  }
  if (event.has_charge_reversed()) {
    EXPECT_EQ(event.charge_reversed().funds_after_micros(), Funds(id).micros());
  }
  if (event.has_usage_charged()) {
    EXPECT_EQ(event.usage_charged().funds_after_micros(), Funds(id).micros());
  }
  if (event.has_funds_moved_in()) {
    EXPECT_EQ(event.funds_moved_in().funds_after_micros(), Funds(id).micros());
  }
  if (event.has_hold_placed()) {
    const auto& placed = event.hold_placed();
    EXPECT_EQ(placed.funds_after_micros(), funds(HoldId(placed.hold())));
    EXPECT_GE(placed.funds_after_micros(), 0) << "admitted beyond funds";
  }
  if (event.has_hold_extended()) {
    const auto& extended = event.hold_extended();
    EXPECT_EQ(extended.funds_after_micros(), funds(HoldId(extended.hold())));
    EXPECT_TRUE(extended.parts().empty() || extended.funds_after_micros() >= 0) << "admitted beyond funds";
    EXPECT_EQ(extended.held_micros(), state_.Find(HoldId(extended.hold()))->Held().micros());
  }
  if (event.has_sponsorship_held()) {
    EXPECT_GE(funds(HoldId(event.sponsorship_held().hold())), 0) << "a sponsor holds beyond its funds";
  }
  if (event.has_hold_captured()) {
    const auto& captured = event.hold_captured();
    EXPECT_EQ(captured.funds_after_micros(), funds(HoldId(captured.hold())));
    const bursar::Hold* open = state_.Find(HoldId(captured.hold()));
    EXPECT_EQ(captured.closed(), open == nullptr);
    EXPECT_EQ(captured.held_micros(), open == nullptr ? 0 : open->Held().micros());
  }
  if (event.has_hold_released()) {
    EXPECT_EQ(event.hold_released().funds_after_micros(), funds(HoldId(event.hold_released().hold())));
  }
}

// What budgets hold is what the holds hold that they count, and each hold knows them; spent holds are those that hold
// nothing.
void Story::CheckBudgets() const {
  std::map<BudgetId, Money> held;
  size_t spent = 0;
  for (const auto& [id, hold] : state_.holds) {
    for (const BudgetId budget : hold.budgets) held[budget] += hold.Held();
    spent += hold.IsSpent() ? 1 : 0;
    EXPECT_EQ(state_.spent_holds.contains({hold.account, id}), hold.IsSpent()) << id.text();
    std::vector<BudgetId> counting;
    for (const Budget& budget : Account(hold.account).budgets) {
      if (budget.Counts(hold.user, hold.project, hold.category)) counting.push_back(budget.id);
    }
    EXPECT_EQ(hold.budgets, counting) << id.text();
  }
  EXPECT_EQ(state_.spent_holds.size(), spent);
  for (const auto& [id, account] : state_.accounts) {
    for (const Budget& budget : account.budgets) EXPECT_EQ(budget.held, held[budget.id]) << budget.id.text();
  }
}

// What a quota holds is what the holds hold that count towards its month.
void Story::CheckSponsors() const {
  for (const auto& [key, use] : state_.sponsored) {
    Money held;
    for (const auto& [id, hold] : state_.holds) {
      const SponsoredHold& share = hold.sponsored;
      if (share.parts.empty() || share.sponsorship_id != key.first || hold.account != key.second) continue;
      if (share.month.start == use.month.start) held += Sum(share.parts);
    }
    EXPECT_EQ(use.held, held) << key.first << " of " << key.second.text();
    EXPECT_GE(use.used, Money()) << key.first << " of " << key.second.text();
  }
}

// Each micro of a credit is in one place, and what is held is what the holds hold.
void Story::CheckMoney() const {
  std::map<BillingAccountId, Money> held;
  for (const auto& [id, hold] : state_.holds) {
    held[hold.account] += hold.Held();
    if (!hold.sponsored.parts.empty()) held[hold.sponsored.account] += Sum(hold.sponsored.parts);
  }
  for (const auto& [id, account] : state_.accounts) {
    EXPECT_EQ(account.balance.Held(), held[id]) << id.text();
    EXPECT_GE(account.balance.held_on_limit, Money()) << id.text();
    EXPECT_GE(account.balance.outstanding, Money()) << id.text();
    for (const Credit& credit : account.balance.credits) {
      const Money parts[] = {credit.available, credit.held,    credit.charged,
                             credit.expired,   credit.revoked, credit.moved};
      EXPECT_EQ(std::accumulate(std::begin(parts), std::end(parts), Money(), std::plus<>()), credit.granted)
          << credit.id.text();
      for (const Money part : parts) EXPECT_GE(part, Money()) << credit.id.text();
      EXPECT_TRUE(!credit.over || credit.available == Money()) << credit.id.text() << " is over";
    }
  }
}

}  // namespace bursar
