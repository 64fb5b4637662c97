#include "tests/laws/laws.h"

#include <algorithm>
#include <set>
#include <utility>

#include "ledger/base/check.h"
#include "ledger/domain/postings.h"
#include "ledger/domain/refusals.h"
#include "tests/laws/words.h"

namespace bursar::laws {
namespace {

using storage::v1::ActionDenied;
using storage::v1::Event;

constexpr int64_t kMostAhead = 5 * kMinute;
constexpr int32_t kThresholds[] = {25, 50, 80, 90, 100};

const char* const kSights[] = {
    "a hold placed with the last micro",
    "a hold of nothing placed",
    "a hold spanning two credits",
    "a hold spanning credit and limit",
    "a restricted credit paid",
    "a restricted credit passed over",
    "a credit passed over before its time",
    "a hold extended with the last micro",
    "a hold extended in time alone",
    "an extension denied",
    "a hold expired",
    "several accounts' holds or credits expired at once",
    "a capture spanning two credits",
    "a capture spanning credit and limit",
    "a capture of a part",
    "a capture of all that was held",
    "a capture of nothing",
    "a capture for a user who may no longer spend",
    "a capture after the limit was lowered below what is held",
    "a credit expired while held",
    "a return to an expired credit",
    "a check allowed",
    "an ungated action allowed without funds",
    "a denial by exactly one micro",
    "a denial of a free action at exactly zero",
    "a denial below zero",
    "a denial for want of permission",
    "a denial for want of set-up and of funds",
    "a denial like one on record",
    "a denial of another cost like one on record",
    "a denial by a budget",
    "a denial by two budgets",
    "a denial by a cost limit",
    "a budget set",
    "a budget set below what is used",
    "a budget set over open holds",
    "a budget removed",
    "a budget that began anew",
    "a capture beyond its hold",
    "a capture beyond all funds",
    "a late capture",
    "a run stopped at its cost limit",
    "work stopped for want of funds",
    "work stopped by a budget",
    "several works stopped at once",
    "work on held money that runs on without funds",
    "a denial written again after a minute",
    "a project denied by the gate",
    "usage that took funds below zero",
    "usage charged below zero",
    "usage spanning credit and limit",
    "a charge of nothing",
    "a fraction carried to a whole micro",
    "a fraction carried that took a micro off",
    "a half rounded to even",
    "an amount below half a micro carried below zero",
    "a price of the past",
    "a price of one region",
    "no price",
    "an amount too large",
    "a payment that settled a part",
    "a payment that settled everything exactly",
    "a payment that left a prepaid credit",
    "a limit lowered below what is owed and held",
    "a threshold crossed",
    "several thresholds crossed at once",
    "all funds used",
    "a threshold armed again",
    "an increase superseded",
    "an increase approved",
    "an increase approved in part",
    "an increase denied",
    "an increase for more than was asked refused",
    "an increase of one's own refused",
    "a closed increase refused",
    "a promotion granted",
    "a promotion lapsed",
    "a link expired",
    "a link opened twice",
    "a link declined",
    "a link declined twice",
    "a dead link refused",
    "a contact reminded",
    "a change of contact confirmed",
    "a change of contact declined",
    "a change of purchase order applied",
    "a billing change superseded",
    "a slot begun",
    "a slot used",
    "a slot missed",
    "a slot missed without a mail",
    "a purchase order attached to a request",
    "a purchase order that waited",
    "a purchase order recorded twice refused",
    "an increase withdrawn",
    "an increase expired",
    "an increase ended",
    "an increase until a date on top of another",
    "a credit took effect",
    "a credit revoked",
    "a credit revoked while held",
    "a credit revoked twice refused",
    "a return to a revoked credit",
    "a prepaid credit paid back",
    "a prepaid credit not paid back while held",
    "a charge reversed",
    "a charge reversed in part",
    "a charge reversed in several parts",
    "a reversal of more than is left refused",
    "a reversal of no charge refused",
    "a reversal of what was paid",
    "a reversal of a charge beyond its hold",
    "a reversal that gave a budget back",
    "a reversal to an expired credit",
    "a reversal to a revoked credit",
    "a reversal of what was paid back",
    "a reversal that gave a hold back",
    "usage set aside",
    "usage set aside for its price",
    "a quarantined record released",
    "a quarantined record released with another quantity",
    "a quarantined record discarded",
    "a record that is not in quarantine refused",
    "a charge with a sponsor",
    "a sponsor's quota used up",
    "a sponsor short of funds",
    "a sponsor's part reversed",
    "a user merged",
    "a merger that moved credits",
    "a merger that moved debt",
    "a merger refused for a hold",
    "a merged user's usage charged to the survivor",
    "a reversal that went on to the survivor",
    "a user closed",
    "a closed user refused",
    "a close refused for what is not settled",
    "a closed user denied by the gate",
    "a member removed",
    "a last admin kept",
    "a project offered",
    "a project moved",
    "an expired organization denied",
};

// The only roles that may give a command; empty where it depends on more than the role.
class RolesFor {
 public:
  using Roles = std::set<Role>;
  Roles operator()(const PublishPartner&) const { return {Role::kOperator}; }
  Roles operator()(const PublishPromotion&) const { return {Role::kOperator}; }
  Roles operator()(const PublishTerms&) const { return {Role::kOperator}; }
  Roles operator()(const PublishActionCatalogue&) const { return {Role::kOperator}; }
  Roles operator()(const PublishPriceList&) const { return {Role::kOperator}; }
  Roles operator()(const GrantCredit&) const { return {Role::kOperator}; }
  Roles operator()(const RevokeCredit&) const { return {Role::kOperator}; }
  Roles operator()(const PublishSponsorship&) const { return {Role::kOperator}; }
  Roles operator()(const ReleaseQuarantinedUsage&) const { return {Role::kOperator}; }
  Roles operator()(const DiscardQuarantinedUsage&) const { return {Role::kOperator}; }
  Roles operator()(const ReverseCharge& command) const {
    if (command.cause == ReversalCause::kPlatformFailure) return {Role::kOperator, Role::kService};
    return {Role::kOperator, Role::kFinance};
  }
  Roles operator()(const SetSpendingLimit&) const { return {Role::kOperator}; }
  Roles operator()(const ApproveLimitIncrease&) const { return {Role::kOperator}; }
  Roles operator()(const DenyLimitIncrease&) const { return {Role::kOperator}; }
  Roles operator()(const ApplyBillingChange&) const { return {Role::kOperator}; }
  Roles operator()(const ScheduleAssistedSetup&) const { return {Role::kOperator}; }
  Roles operator()(const RecordPurchaseOrder&) const { return {Role::kOperator, Role::kFinance, Role::kService}; }
  Roles operator()(const RecordPayment&) const { return {Role::kOperator, Role::kFinance}; }
  Roles operator()(const ExtendHold&) const { return {Role::kService}; }
  Roles operator()(const CaptureHold&) const { return {Role::kService}; }
  Roles operator()(const ReleaseHold&) const { return {Role::kService}; }
  Roles operator()(const RecordUsage&) const { return {Role::kService}; }
  Roles operator()(const LinkIdentity&) const { return {Role::kSupport}; }
  Roles operator()(const MergeUsers&) const { return {Role::kSupport}; }
  Roles operator()(const SetOrganizationExpiry&) const { return {Role::kOperator}; }
  Roles operator()(const AdvanceClock&) const { return {Role::kOperator, Role::kService, Role::kSystem}; }
  Roles operator()(const ExpireDue&) const { return {Role::kSystem}; }
  template <class Other>
  Roles operator()(const Other&) const {
    return {};
  }
};

int64_t MicrosOf(absl::Time time) { return time == absl::InfiniteFuture() ? kNever : absl::ToUnixMicros(time); }

int32_t PercentUsed(int64_t funds, int64_t base) {
  if (base <= 0) return 0;
  if (funds <= 0) return 100;
  int32_t percent = 0;
  for (const int32_t threshold : kThresholds) {
    // What is left is not more than the rest of the base.
    if (absl::int128(funds) * 100 <= absl::int128(base) * (100 - threshold)) percent = threshold;
  }
  return percent;
}

}  // namespace

Sightings::Sightings() {
  for (const char* sight : kSights) counts_[sight] = 0;
}

void Sightings::Saw(const std::string& what) {
  const auto sight = counts_.find(what);
  BURSAR_CHECK(sight != counts_.end());
  ++sight->second;
}

std::vector<std::string> Sightings::Missing() const {
  std::vector<std::string> missing;
  for (const auto& [what, count] : counts_) {
    if (count == 0) missing.push_back(what);
  }
  return missing;
}

// Refusals ------------------------------------------------------------------------------------------------------------

void Laws::CheckPermission(const Command& command, const Principal& principal, bool refused) {
  const auto roles = std::visit(RolesFor(), command);
  if (roles.empty()) return;
  Law(refused == (roles.count(principal.role) == 0), "permission: ", principal.text(), " was ",
      refused ? "refused" : "let through", " with command ", command.index());
}

void Laws::Refused(const Command& command, const Principal& principal, int64_t now, const absl::Status& status) {
  const auto reason = ReasonOf(status);
  Law(reason.has_value(), "a refusal has a reason: ", status.ToString());
  if (!reason.has_value()) return;
  const bool permission = *reason == "PERMISSION_DENIED";
  CheckPermission(command, principal, permission);
  const Command today = model_.InNamesOfToday(command);
  const Principal person = model_.InNameOfToday(principal);
  if (!permission && !RefusedPeople(today, *reason, person)) RefusedOf(today, *reason, person, now);
  Law(state_.position == position_ && absl::ToUnixMicros(state_.time) == time_, "a refused command changes nothing");
}

void Laws::RefusedGate(const std::string& reason, const GatedAction& asked, bool hold, bool bad_expiry, int64_t now) {
  const ModelVerdict verdict = model_.Judge(asked, hold, now);
  if (!verdict.refusal.empty()) {
    Law(reason == verdict.refusal, "refused for ", reason, " instead of ", verdict.refusal);
    return;
  }
  if (hold && model_.Action(asked.action, now)->free()) {
    Law(reason == "ACTION_IS_FREE", "refused for ", reason, " although the action is free");
    return;
  }
  Law(reason == "INVALID_FIELD" && bad_expiry, "refused for ", reason, " although it can be judged");
}

bool Laws::CannotPrice(const std::string& reason, const Metered& asked, const ModelAccount& account, int64_t held,
                       int64_t now) {
  const int64_t time = asked.usage_time.has_value() ? absl::ToUnixMicros(*asked.usage_time) : now;
  if (time > now + kMostAhead) return reason == "INVALID_FIELD";
  const auto* price = model_.Price(account.currency, asked.sku, asked.region, time);
  if (price == nullptr) {
    SawIf(reason == "NO_PRICE", "no price");
    return reason == "NO_PRICE";
  }
  const auto carried = account.remainders.find(price->per_quantity());
  const absl::int128 total = absl::int128(asked.quantity) * price->price_micros() +
                             (carried == account.remainders.end() ? 0 : carried->second);
  const absl::int128 amount = RoundedShare(total, price->per_quantity()).first;
  if (reason == "AMOUNT_TOO_LARGE") {
    Saw("an amount too large");
    return amount > kMostMoney.micros() || amount - held + OwedAndHeld(account) > kMostMoney.micros();
  }
  return false;
}

void Laws::RefusedOf(const Command& command, const std::string& reason, const Principal& principal, int64_t now) {
  if (const auto* check = std::get_if<Check>(&command)) {
    return RefusedGate(reason, check->action, /*hold=*/false, /*bad_expiry=*/false, now);
  }
  if (const auto* place = std::get_if<PlaceHold>(&command)) {
    const bool bad = place->expire_time.has_value() && IsBadExpiry(absl::ToUnixMicros(*place->expire_time), now);
    return RefusedGate(reason, place->action, /*hold=*/true, bad, now);
  }
  if (const auto* extend = std::get_if<ExtendHold>(&command)) {
    const auto hold = model_.holds.find(extend->hold.number());
    const bool open = hold != model_.holds.end();
    Law(open == (reason != "HOLD_NOT_OPEN"), "extension refused for ", reason, ", open: ", open);
    if (!open) return;
    const int64_t expiry = extend->expire_time ? absl::ToUnixMicros(*extend->expire_time) : hold->second.expire_time;
    Law(reason == "INVALID_FIELD" && IsBadExpiry(expiry, now), "extension refused for ", reason);
    return;
  }
  if (const auto* capture = std::get_if<CaptureHold>(&command)) {
    return RefusedCapture(reason, *capture, now);
  }
  if (const auto* release = std::get_if<ReleaseHold>(&command)) {
    Law(reason == "HOLD_NOT_OPEN" && model_.holds.count(release->hold.number()) == 0, "release refused for ", reason);
    return;
  }
  if (const auto* usage = std::get_if<RecordUsage>(&command)) {
    const bool known = model_.default_payers.count(usage->user.text()) != 0;
    Law(known == (reason != "USER_NOT_FOUND"), "usage refused for ", reason);
    const bool placed = usage->project.empty() || model_.projects.count(usage->project.number()) != 0;
    if (!known) return;
    Law(placed == (reason != "PROJECT_NOT_FOUND"), "usage refused for ", reason);
    if (!placed) return;
    const auto payer =
        model_.accounts.find(model_.PayerOf(usage->user.text(), usage->project.number(), usage->bill_to.text()));
    const bool paid = payer != model_.accounts.end();
    Law(paid == (reason != "BILLING_ACCOUNT_NOT_FOUND"), "usage refused for ", reason);
    if (!paid) return;
    Law(CannotPrice(reason, usage->metered, payer->second, 0, now), "usage refused for ", reason);
    return;
  }
  if (const auto* project = std::get_if<CreateProject>(&command)) {
    const GatedAction asked{.action = "project.create", .user = project->user, .bill_to = project->bill_to};
    const ModelVerdict verdict = model_.Judge(asked, /*hold=*/false, now);
    if (!verdict.reasons.empty()) {
      Law(reason == verdict.reasons.front(), "project refused for ", reason, " instead of ", SayAll(verdict.reasons));
      Saw("a project denied by the gate");
      return;
    }
    if (!verdict.refusal.empty() && verdict.refusal != reason) {
      // Who may not bill there is told so before the catalogue is asked.
      Law(!model_.MayBill(project->user.text(), model_.PayerOf(project->user.text(), 0, project->bill_to.text())),
          "project refused for ", reason, " instead of ", verdict.refusal);
    }
    Law(!verdict.refusal.empty() || !model_.Action("project.create", now)->gated(), "project refused for ", reason);
    return;
  }
  if (const auto* increase = std::get_if<RequestLimitIncrease>(&command)) {
    const ModelAccount& account = model_.accounts.at(increase->billing_account.text());
    if (reason == "CURRENCY_MISMATCH") return Law(increase->currency != account.currency, "wrongly refused currency");
    if (reason == "BILLING_NOT_SET_UP") {
      return Law(account.setup != ModelAccount::Setup::kConfirmed, "wrongly refused increase: billing is set up");
    }
    Law(reason == "NOT_AN_INCREASE" && increase->requested_limit.micros() <= account.limit, "increase refused for ",
        reason);
    return;
  }
  const auto* approve = std::get_if<ApproveLimitIncrease>(&command);
  const auto* deny = std::get_if<DenyLimitIncrease>(&command);
  if (approve != nullptr || deny != nullptr) {
    const auto increase = model_.increases.find((approve != nullptr ? approve->increase : deny->increase).number());
    const bool known = increase != model_.increases.end();
    Law(known == (reason != "INCREASE_NOT_FOUND"), "decision refused for ", reason);
    if (!known) return;
    const bool own = principal.SamePersonAs(UserId::Trusted(increase->second.requester)) ||
                     model_.AnswersFor(UserId::OfHandle(principal.name).text(), increase->second.account);
    Law(own == (reason == "OWN_REQUEST"), "decision refused for ", reason, ", own request: ", own);
    SawIf(own, "an increase of one's own refused");
    if (own) return;
    const bool pending = increase->second.pending;
    Law(pending == (reason != "INCREASE_NOT_PENDING"), "decision refused for ", reason, ", pending: ", pending);
    SawIf(!pending, "a closed increase refused");
    if (!pending) return;
    const int64_t limit =
        approve != nullptr && approve->limit.has_value() ? approve->limit->micros() : increase->second.requested_limit;
    const bool more = limit > increase->second.requested_limit;
    SawIf(more, "an increase for more than was asked refused");
    if (reason == "INVALID_FIELD") {
      return Law(approve != nullptr && approve->end_time.has_value() && absl::ToUnixMicros(*approve->end_time) <= now,
                 "an increase is refused for its end");
    }
    Law(approve != nullptr && reason == (more ? "MORE_THAN_REQUESTED" : "NOT_AN_INCREASE") &&
            (more || limit <= model_.accounts.at(increase->second.account).limit),
        "decision refused for ", reason);
    return;
  }
  if (RefusedBilling(command, reason, now) || RefusedUndoing(command, reason, now)) return;
  const auto* grant = std::get_if<GrantCredit>(&command);
  const auto* payment = std::get_if<RecordPayment>(&command);
  if ((grant != nullptr || payment != nullptr) && reason == "AMOUNT_TOO_LARGE") {
    const ModelAccount& account =
        model_.accounts.at((grant != nullptr ? grant->billing_account : payment->billing_account).text());
    int64_t sum = grant != nullptr
                      ? grant->amount.micros()
                      : payment->amount.micros() - std::min(payment->amount.micros(), account.outstanding());
    for (const auto& [number, credit] : account.credits) sum += credit.available() + credit.held();
    Law(sum > kMostMoney.micros(), "funds refused as too large at ", sum);
    Saw("an amount too large");
  }
}

// Nothing to write ----------------------------------------------------------------------------------------------------

void Laws::NothingToWrite(const Command& asked, const Principal& principal, int64_t now, const Decision& decision) {
  const Command command = model_.InNamesOfToday(asked);
  CheckPermission(command, principal, /*refused=*/false);
  Law(state_.position == position_, "what is not written changes nothing");
  if (!decision.written) return Unwritten(command, decision, now);
  if (const auto* check = std::get_if<Check>(&command)) {
    const ModelVerdict verdict = model_.Judge(check->action, /*hold=*/false, now);
    Law(verdict.refusal.empty(), "judged although ", verdict.refusal);
    Law(!decision.repeats.has_value() && verdict.reasons.empty(), "a check was allowed against ",
        SayAll(verdict.reasons));
    if (!verdict.refusal.empty()) return;
    Saw("a check allowed");
    SawIf(!model_.Action(check->action.action, now)->gated() && model_.accounts.count(verdict.payer) != 0 &&
              model_.accounts.at(verdict.payer).Funds(check->action.action, now) <= 0,
          "an ungated action allowed without funds");
    return;
  }
  if (std::holds_alternative<ConfirmBilling>(command)) {
    const auto same = [&](const auto& account) { return account.second.confirmed_at == decision.repeats; };
    Law(decision.repeats.has_value() && std::any_of(model_.accounts.begin(), model_.accounts.end(), same),
        "a link opened twice answers as the first time");
    Saw("a link opened twice");
    return;
  }
  if (std::holds_alternative<DeclineBilling>(command)) {
    const auto same = [&](const auto& account) { return account.second.declined_at == decision.repeats; };
    Law(decision.repeats.has_value() && std::any_of(model_.accounts.begin(), model_.accounts.end(), same),
        "a link declined twice answers as the first time");
    Saw("a link declined twice");
    return;
  }
  Law(std::holds_alternative<ExpireDue>(command), "command ", command.index(), " brought about nothing");
  Law(absl::ToUnixMicros(std::min(state_.NextDue(), absl::FromUnixMicros(kNever))) > now, "what is due happens");
}

// Entries -------------------------------------------------------------------------------------------------------------

void Laws::Written(const Command& asked, const Principal& by, const storage::v1::Entry& entry) {
  const Command command = model_.InNamesOfToday(asked);
  const Principal principal = model_.InNameOfToday(by);
  if (const auto* usage = std::get_if<RecordUsage>(&asked)) {
    SawIf(usage->user != std::get<RecordUsage>(command).user, "a merged user's usage charged to the survivor");
  }
  Step step{.command = command, .principal = principal, .entry = entry, .now = entry.commit_time()};
  Law(entry.position() == position_ + 1, "positions have no gaps: ", entry.position(), " after ", position_);
  Law(entry.commit_time() >= time_, "time does not go back");
  Law(state_.position == entry.position(), "the state stands at the last entry");
  Law(absl::ToUnixMicros(state_.time) == entry.commit_time(), "the state has the last entry's time");
  position_ = entry.position();
  time_ = entry.commit_time();
  CheckPermission(command, principal, /*refused=*/false);
  for (const Event& event : entry.events()) {
    CheckPostings(event);
    CheckEvent(event, step);
    if (!broken_.empty()) return;
    model_.Apply(event, entry);
    if (event.has_billing_account_opened()) CheckAccount(event.billing_account_opened().billing_account());
  }
  for (const auto& [id, crossed] : step.crossed_before) CheckAccount(id);
  for (const Claim& claim : step.claims) {
    const int64_t funds = model_.accounts.at(claim.account).Funds(claim.action, step.now);
    Law(claim.funds == funds, "an event says that funds of ", claim.account, " are ", claim.funds, ", not ", funds);
  }
  CheckMembers(entry);
  CheckNotices(step);
  CheckOrders(step);
  SawIf(std::holds_alternative<ExpireDue>(command) && step.crossed_before.size() > 1,
        "several accounts' holds or credits expired at once");
}

void Laws::CheckPostings(const Event& event) {
  std::map<std::string, int64_t> sums;
  for (const Posting& posting : PostingsOf(event)) {
    const auto account = model_.accounts.find(posting.billing_account.text());
    Law(account != model_.accounts.end() && account->second.currency == posting.currency,
        "postings are in the account's currency");
    sums[posting.currency] += posting.amount.micros();
    const int book = static_cast<int>(posting.account);
    books_[{posting.currency, book}] += posting.amount.micros();
    books_of_account_[{posting.billing_account.text(), book}] += posting.amount.micros();
  }
  for (const auto& [currency, sum] : sums) Law(sum == 0, "postings of an event in ", currency, " add up to ", sum);
}

void Laws::CheckBooks(const std::string& id, const ModelAccount& account) {
  const auto book = [&](BookAccount one) {
    const auto sum = books_of_account_.find({id, static_cast<int>(one)});
    return sum == books_of_account_.end() ? 0 : sum->second;
  };
  int64_t owed = 0;
  int64_t expired = 0;
  int64_t charged = 0;
  int64_t revoked = 0;
  for (const auto& [number, credit] : account.credits) {
    owed += credit.available() + credit.held();
    expired += credit.expired();
    if (!credit.prepaid) revoked += credit.revoked();
  }
  for (const auto& [category, amount] : account.charged_by_category) charged += amount;
  Law(book(BookAccount::kReceivables) == account.outstanding(), "receivables of ", id, " are ",
      book(BookAccount::kReceivables), ", outstanding ", account.outstanding());
  Law(book(BookAccount::kCustomerCredits) == -owed, "credits owed to ", id, " are ",
      book(BookAccount::kCustomerCredits), ", not -", owed);
  Law(book(BookAccount::kRevenue) == -charged, "revenue from ", id, " is ", book(BookAccount::kRevenue), ", not -",
      charged);
  Law(book(BookAccount::kExpiredCredits) == -expired, "expired credits of ", id, " are ",
      book(BookAccount::kExpiredCredits), ", not -", expired);
  Law(book(BookAccount::kRevokedCredits) == -revoked, "revoked credits of ", id, " are ",
      book(BookAccount::kRevokedCredits), ", not -", revoked);
}

void Laws::CheckAccount(const std::string& id) {
  const ModelAccount& model = model_.accounts.at(id);
  const BillingAccount* account = state_.Find(BillingAccountId::Trusted(id));
  Law(account != nullptr, id, " exists");
  if (account == nullptr) return;
  const Balance& balance = account->balance;
  Law(balance.limit.micros() == model.limit, "limit of ", id, ": ", balance.limit.micros(), ", not ", model.limit);
  Law(balance.outstanding.micros() == model.outstanding(), "outstanding of ", id, ": ", balance.outstanding.micros(),
      ", not ", model.outstanding());
  Law(balance.held_on_limit.micros() == model.held_on_limit(), "held on the limit of ", id, ": ",
      balance.held_on_limit.micros(), ", not ", model.held_on_limit());
  Law(model.outstanding() >= 0 && model.held_on_limit() >= 0, "nothing owed or held is below zero in ", id);
  Law(balance.credits.size() == model.credits.size(), "all credits of ", id, " are there");
  for (const Credit& credit : balance.credits) {
    const auto found = model.credits.find(credit.id.number());
    Law(found != model.credits.end(), "a credit nobody granted: ", credit.id.text());
    if (found == model.credits.end()) return;
    const ModelCredit& same = found->second;
    Law(credit.granted.micros() == same.granted && credit.available.micros() == same.available() &&
            credit.held.micros() == same.held() && credit.charged.micros() == same.spent() &&
            credit.expired.micros() == same.expired() && credit.revoked.micros() == same.revoked() &&
            credit.moved.micros() == same.moved && credit.over == same.over && credit.taken_back == same.taken_back,
        credit.id.text(), " has available ", credit.available.micros(), ", held ", credit.held.micros(), ", charged ",
        credit.charged.micros(), ", expired ", credit.expired.micros(), ", revoked ", credit.revoked.micros(),
        "; by the log ", same.available(), ", ", same.held(), ", ", same.spent(), ", ", same.expired(), ", ",
        same.revoked());
    Law(credit.granted ==
            credit.available + credit.held + credit.charged + credit.expired + credit.revoked + credit.moved,
        "each micro of ", credit.id.text(), " is in exactly one place");
    Law(std::min({credit.available, credit.held, credit.charged, credit.expired, credit.revoked, credit.moved}) >=
            Money(),
        credit.id.text(), " has a part below zero");
    Law(!credit.over || credit.available == Money(), credit.id.text(), " is over and has something left");
  }
  std::map<std::string, int64_t> charged;
  for (const auto& [category, amount] : balance.charged_by_category) charged[category] = amount.micros();
  Law(charged == model.charged_by_category, "charges of ", id, " by category");
  for (const auto& [divisor, total] : model.metered) {
    const int64_t left = model.remainders.at(divisor);
    Law(total == model.charged_for_metered.at(divisor) * divisor + left, "no fraction of ", id, " is lost: 1/",
        divisor);
    Law(2 * absl::int128(left) <= divisor && -2 * absl::int128(left) <= divisor,
        "what is carried is below half a micro");
    const auto carried = account->remainders.find(divisor);
    Law(carried != account->remainders.end() && carried->second == left, "the remainder of ", id, " is carried");
  }
  Law(account->open_increase.number() == model.open_increase, "open increase of ", id);
  CheckSetup(id, model);
  CheckHolds(id, balance);
  CheckBudgets(*account);
  CheckBooks(id, model);
}

// What open holds hold is what the credits and the limit have set aside.
void Laws::CheckHolds(const std::string& id, const Balance& balance) {
  std::map<uint64_t, int64_t> held;
  for (const auto& [number, model] : model_.holds) {
    if (model.account != id) continue;
    const Hold* hold = state_.Find(HoldId(number));
    Law(hold != nullptr, "hold-", number, " is open");
    if (hold == nullptr) return;
    ModelParts parts;
    for (const auto& [credit, amount] : hold->parts) parts.emplace_back(credit.number(), amount.micros());
    Law(parts == model.parts, "hold-", number, " holds ", Say(parts), ", not ", Say(model.parts));
    Law(MicrosOf(hold->expire_time) == model.expire_time, "hold-", number, " expires in its time");
    for (const auto& [credit, amount] : parts) {
      held[credit] += amount;
      Law(amount > 0, "hold-", number, " has an empty part");
    }
  }
  Law(held[0] == balance.held_on_limit.micros(), "open holds of ", id, " on the limit: ", held[0], ", not ",
      balance.held_on_limit.micros());
  for (const Credit& credit : balance.credits) {
    const auto found = held.find(credit.id.number());
    const int64_t by_holds = found == held.end() ? 0 : found->second;
    Law(by_holds == credit.held.micros(), "open holds on ", credit.id.text(), ": ", by_holds, ", not ",
        credit.held.micros());
  }
}

void Laws::CheckNotices(const Step& step) {
  for (const auto& [id, before] : step.crossed_before) {
    const ModelAccount& account = model_.accounts.at(id);
    const int64_t funds = account.Funds("", step.now);
    const int32_t after = PercentUsed(funds, account.base);
    std::vector<std::string> expected;
    if (after < before) expected.push_back(absl::StrCat("restored ", after, " ", funds));
    for (const int32_t threshold : kThresholds) {
      if (threshold > before && threshold <= after) expected.push_back(absl::StrCat("crossed ", threshold, " ", funds));
    }
    std::vector<std::string> told;
    for (const Event& event : step.entry.events()) {
      if (event.has_funds_restored() && event.funds_restored().billing_account() == id) {
        told.push_back(
            absl::StrCat("restored ", event.funds_restored().percent(), " ", event.funds_restored().funds_micros()));
      }
      const auto& crossed = event.funds_threshold_crossed();
      if (event.has_funds_threshold_crossed() && crossed.billing_account() == id) {
        told.push_back(absl::StrCat("crossed ", crossed.percent(), " ", crossed.funds_micros()));
        Law(crossed.base_micros() == account.base, "the base of ", id, " is ", account.base, ", not ",
            crossed.base_micros());
      }
    }
    Law(told == expected, "notices of ", id, ": ", SayAll(told), ", not ", SayAll(expected));
    const BillingAccount* stored = state_.Find(BillingAccountId::Trusted(id));
    Law(stored->crossed_percent == after, id, " remembers ", stored->crossed_percent, " percent, not ", after);
    SawIf(after > before, "a threshold crossed");
    SawIf(expected.size() > 1, "several thresholds crossed at once");
    SawIf(after == 100 && before < 100, "all funds used");
    SawIf(after < before, "a threshold armed again");
  }
}

void Laws::CheckEverything() {
  for (const auto& [id, account] : model_.accounts) CheckAccount(id);
  Law(state_.accounts.size() == model_.accounts.size(), "all accounts are there");
  Law(state_.holds.size() == model_.holds.size(), "only open holds are kept");
  const auto due = [this](Due::Kind kind) {
    return static_cast<size_t>(
        std::count_if(state_.due.begin(), state_.due.end(), [kind](const Due& one) { return one.kind == kind; }));
  };
  Law(due(Due::Kind::kHoldExpires) == state_.holds.size(), "every open hold will expire");
  size_t expiring = 0;
  for (const auto& [id, account] : model_.accounts) {
    for (const auto& [number, credit] : account.credits) expiring += !credit.over && credit.expire_time != kNever;
  }
  Law(due(Due::Kind::kCreditExpires) == expiring, "every credit that expires will");
  CheckDueOfBilling();
  std::map<std::string, int64_t> sums;
  for (const auto& [book, amount] : books_) sums[book.first] += amount;
  for (const auto& [currency, sum] : sums) Law(sum == 0, "the books in ", currency, " add up to ", sum);
  for (const auto& [book, amount] : books_) {
    Law(amount >= 0 || book.second != static_cast<int>(BookAccount::kCash), "more was paid back than was ever paid");
    const bool transfers = book.second == static_cast<int>(BookAccount::kTransfers);
    Law(!transfers || amount == 0, "what goes out of an account comes in to another, but for ", amount);
  }
}

// Events --------------------------------------------------------------------------------------------------------------

void Laws::CheckEvent(const Event& event, Step& step) {
  switch (event.kind_case()) {
    case Event::kPromotionLapsed:
      return On(event.promotion_lapsed(), step);
    case Event::kVerificationSent:
    case Event::kVerificationReminded:
    case Event::kBillingConfirmed:
    case Event::kBillingDeclined:
    case Event::kBillingChangeRequested:
    case Event::kBillingChangeApplied:
    case Event::kBillingChangeClosed:
    case Event::kAssistedSetupRequested:
    case Event::kAssistedSetupScheduled:
    case Event::kAssistedSetupMissed:
    case Event::kPurchaseOrderRecorded:
    case Event::kPurchaseOrderAttached:
    case Event::kLimitIncreaseWithdrawn:
    case Event::kLimitIncreaseExpired:
    case Event::kLimitIncreaseEnded:
      return CheckBillingEvent(event, step);
    case Event::kUsersMerged:
    case Event::kUserClosed:
    case Event::kMemberRemoved:
    case Event::kProjectTransferOffered:
    case Event::kProjectPayerSet:
    case Event::kFundsMovedOut:
    case Event::kFundsMovedIn:
      return CheckPeople(event, step);
    case Event::kIdentityLinked:
    case Event::kUserDowngraded:
    case Event::kProjectTransferDeclined:
    case Event::kOrganizationSettingsSet:
    case Event::kOrganizationExpirySet:
    case Event::kSponsorshipHeld:
    case Event::kSponsorshipReturned:
      return;
    case Event::kCreditRevoked:
    case Event::kSponsorshipCharged:
    case Event::kSponsorshipReversed:
    case Event::kChargeReversed:
    case Event::kUsageQuarantined:
    case Event::kQuarantineReleased:
    case Event::kQuarantineDiscarded:
      return CheckUndoing(event, step);
    case Event::kProjectCreated:
      return On(event.project_created(), step);
    case Event::kCreditGranted:
      return On(event.credit_granted(), step);
    case Event::kCreditTookEffect:
      return On(event.credit_took_effect(), step);
    case Event::kCreditExpired:
      return On(event.credit_expired(), step);
    case Event::kPaymentRecorded:
      return On(event.payment_recorded(), step);
    case Event::kSpendingLimitSet:
      return On(event.spending_limit_set(), step);
    case Event::kLimitIncreaseRequested:
      return On(event.limit_increase_requested(), step);
    case Event::kLimitIncreaseSuperseded:
      return On(event.limit_increase_superseded(), step);
    case Event::kLimitIncreaseApproved:
      return On(event.limit_increase_approved(), step);
    case Event::kLimitIncreaseDenied:
      return On(event.limit_increase_denied(), step);
    case Event::kBudgetSet:
      return On(event.budget_set(), step);
    case Event::kBudgetRemoved:
      return On(event.budget_removed());
    case Event::kHoldPlaced:
      return On(event.hold_placed(), step);
    case Event::kHoldExtended:
      return On(event.hold_extended(), step);
    case Event::kHoldCaptured:
      return On(event.hold_captured(), step);
    case Event::kHoldReleased:
      return On(event.hold_released(), step);
    case Event::kHoldExpired:
      return On(event.hold_expired(), step);
    case Event::kActionDenied:
      return On(event.action_denied(), step);
    case Event::kUsageCharged:
      return On(event.usage_charged(), step);
    // Checked with the account or with the entry, or with nothing to say of money.
    case Event::kTerminationOrdered:
    case Event::kFundsThresholdCrossed:
    case Event::kFundsRestored:
    case Event::kPartnerPublished:
    case Event::kPromotionPublished:
    case Event::kTermsPublished:
    case Event::kActionCataloguePublished:
    case Event::kPriceListPublished:
    case Event::kSponsorshipPublished:
    case Event::kUserRegistered:
    case Event::kBillingAccountOpened:
    case Event::kPromotionEntitled:
    case Event::kOrganizationCreated:
    case Event::kMemberInvited:
    case Event::kInvitationAccepted:
    case Event::kMemberAccessSet:
    case Event::kDefaultPayerSet:
    case Event::kAccountUpgradeSubmitted:
    case Event::kUserUpgraded:
    case Event::kClockAdvanced:
    case Event::kLedgerRestored:
      return;
    case Event::KIND_NOT_SET:
      break;
  }
  Law(false, "an event of no known kind");
}

void Laws::On(const storage::v1::PromotionLapsed& event, Step& step) {
  const ModelPromise& promise = model_.promises.at(event.user_id());
  const auto& promotion = model_.promotions.at(promise.promotion);
  Law(promise.open, "a promise lapses once");
  if (std::holds_alternative<MergeUsers>(step.command)) return;
  Law(promotion.end_time() != 0 && promotion.end_time() <= step.now, "a promise lapses after the promotion's end");
  Saw("a promotion lapsed");
}

void Laws::On(const storage::v1::ProjectCreated& event, Step& step) {
  const auto* create = std::get_if<CreateProject>(&step.command);
  Law(create != nullptr && event.project() == step.entry.position(), "a project has its entry's number");
  if (create == nullptr) return;
  const ModelVerdict verdict = model_.Judge(
      {.action = "project.create", .user = create->user, .bill_to = create->bill_to}, /*hold=*/false, step.now);
  Law(verdict.refusal.empty() && verdict.reasons.empty(), "a project was created against ", verdict.refusal,
      SayAll(verdict.reasons));
  Law(event.billing_account() == verdict.payer && model_.MayBill(event.user_id(), verdict.payer),
      "a project is billed to who may pay");
}

void Laws::On(const storage::v1::CreditGranted& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  step.crossed_before.emplace(event.billing_account(), account.crossed_percent);
  step.claims.push_back({event.billing_account(), "", event.funds_after_micros()});
  Law(event.credit() == step.entry.position(), "a credit has its entry's number");
  Law(event.currency() == account.currency && event.amount_micros() > 0, "a credit in the account's currency");
  if (const auto* grant = std::get_if<GrantCredit>(&step.command)) {
    Law(event.amount_micros() == grant->amount.micros(), "what is granted is what was asked");
    Law(event.effective_time() >= step.now, "nothing is granted in the past");
    return;
  }
  const auto promise = model_.promises.find(event.billing_account());
  Law(std::holds_alternative<ConfirmBilling>(step.command) && promise != model_.promises.end() &&
          promise->second.open && promise->second.amount == event.amount_micros(),
      "a promotion is granted once, as promised");
  if (promise == model_.promises.end()) return;
  const auto& promotion = model_.promotions.at(promise->second.promotion);
  Law(promotion.start_time() <= step.now && (promotion.end_time() == 0 || step.now < promotion.end_time()),
      "a promotion is granted in its window");
  Saw("a promotion granted");
}

void Laws::On(const storage::v1::CreditTookEffect& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  step.crossed_before.emplace(event.billing_account(), account.crossed_percent);
  step.claims.push_back({event.billing_account(), "", event.funds_after_micros()});
  const ModelCredit& credit = account.credits.at(event.credit());
  Law(std::holds_alternative<ExpireDue>(step.command) && !credit.over && credit.effective_time <= step.now &&
          credit.effective_time < credit.expire_time,
      "a credit takes effect in its time");
  Saw("a credit took effect");
}

void Laws::On(const storage::v1::CreditExpired& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  step.crossed_before.emplace(event.billing_account(), account.crossed_percent);
  const ModelCredit& credit = account.credits.at(event.credit());
  const bool again = std::holds_alternative<ReverseCharge>(step.command) && credit.over && !credit.taken_back;
  Law((again || !credit.over) && credit.expire_time <= step.now, "a credit expires once, in its time");
  Law(event.amount_micros() == credit.available(), "what is left of a credit expires: ", event.amount_micros(), " of ",
      credit.available());
  SawIf(credit.held() > 0, "a credit expired while held");
}

void Laws::On(const storage::v1::PaymentRecorded& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  step.crossed_before.emplace(event.billing_account(), account.crossed_percent);
  step.claims.push_back({event.billing_account(), "", event.funds_after_micros()});
  const auto* payment = std::get_if<RecordPayment>(&step.command);
  Law(payment != nullptr && event.amount_micros() == payment->amount.micros(), "what was paid is recorded");
  Law(event.settled_micros() == std::min(event.amount_micros(), account.outstanding()),
      "a payment settles what is owed");
  Law(event.settled_micros() + event.prepaid_micros() == event.amount_micros(), "a payment is settled or prepaid");
  Law(event.credit() == (event.prepaid_micros() > 0 ? step.entry.position() : 0), "a prepaid credit has its number");
  SawIf(event.amount_micros() < account.outstanding(), "a payment that settled a part");
  SawIf(event.amount_micros() == account.outstanding(), "a payment that settled everything exactly");
  SawIf(event.prepaid_micros() > 0, "a payment that left a prepaid credit");
}

void Laws::On(const storage::v1::SpendingLimitSet& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  step.crossed_before.emplace(event.billing_account(), account.crossed_percent);
  step.claims.push_back({event.billing_account(), "", event.funds_after_micros()});
  Law(event.previous_limit_micros() == account.limit, "the limit before was ", account.limit);
  SawIf(event.limit_micros() < OwedAndHeld(account) && account.held_on_limit() > 0 &&
            account.limit > event.limit_micros(),
        "a limit lowered below what is owed and held");
  if (std::holds_alternative<MergeUsers>(step.command) || std::holds_alternative<CloseUser>(step.command)) {
    return Law(event.limit_micros() == 0, "an account that ends has no limit");
  }
  Law(!std::holds_alternative<ExpireDue>(step.command) || event.limit_micros() == account.limit_afterwards,
      "a limit falls back to ", account.limit_afterwards);
  if (const auto* set = std::get_if<SetSpendingLimit>(&step.command)) {
    Law(event.limit_micros() == set->limit.micros() && event.increase() == 0, "the limit is as it was set");
  }
}

void Laws::On(const storage::v1::LimitIncreaseRequested& event, Step& step) {
  const ModelAccount& account = model_.accounts.at(event.billing_account());
  const auto* request = std::get_if<RequestLimitIncrease>(&step.command);
  Law(request != nullptr && event.requested_limit_micros() == request->requested_limit.micros() &&
          event.requested_limit_micros() > account.limit && event.current_limit_micros() == account.limit,
      "a higher limit is asked for");
  Law(account.open_increase == 0 && event.increase() == step.entry.position(), "one increase is open at a time");
  const std::string& payer = event.billing_account();
  const auto organization = model_.members.find(payer);
  const bool admin = organization != model_.members.end() && organization->second.count(event.user_id()) != 0 &&
                     organization->second.at(event.user_id()).admin;
  Law(payer == event.user_id() || admin, "owners and admins ask for more");
}

void Laws::On(const storage::v1::LimitIncreaseSuperseded& event, Step& step) {
  Law(model_.increases.at(event.increase()).pending && event.superseded_by() == step.entry.position(),
      "only an open increase is superseded");
  Saw("an increase superseded");
}

void Laws::On(const storage::v1::LimitIncreaseApproved& event, Step& step) {
  const ModelIncrease& increase = model_.increases.at(event.increase());
  const auto* approve = std::get_if<ApproveLimitIncrease>(&step.command);
  Law(approve != nullptr && increase.pending, "only an open increase is approved");
  Law(event.approved_limit_micros() <= increase.requested_limit, "approved for what was asked or less");
  Law(event.approved_limit_micros() > model_.accounts.at(increase.account).limit, "an increase raises the limit");
  Law(!step.principal.SamePersonAs(UserId::Trusted(increase.requester)) &&
          !model_.AnswersFor(UserId::OfHandle(step.principal.name).text(), increase.account),
      "nobody approves for himself");
  Law(event.end_time() == 0 || event.end_time() > step.now, "an increase ends after it begins");
  const ModelAccount& account = model_.accounts.at(increase.account);
  const bool on_top = account.ending_increase != 0;
  Law(event.previous_limit_micros() == (on_top ? account.limit_afterwards : account.limit),
      "an increase falls back to what was agreed for good");
  SawIf(on_top && event.end_time() != 0, "an increase until a date on top of another");
  const bool set = std::any_of(step.entry.events().begin(), step.entry.events().end(), [&](const Event& other) {
    return other.has_spending_limit_set() && other.spending_limit_set().increase() == event.increase() &&
           other.spending_limit_set().limit_micros() == event.approved_limit_micros();
  });
  Law(set, "an approval sets the limit");
  Saw(event.approved_limit_micros() < increase.requested_limit ? "an increase approved in part"
                                                               : "an increase approved");
}

void Laws::On(const storage::v1::LimitIncreaseDenied& event, Step& step) {
  const ModelIncrease& increase = model_.increases.at(event.increase());
  Law(increase.pending && !step.principal.SamePersonAs(UserId::Trusted(increase.requester)),
      "only an open increase is denied, by somebody else");
  Saw("an increase denied");
}

void Laws::CheckMetered(const storage::v1::MeteredQuantity& metered, const Metered& asked, int64_t amount,
                        const ModelAccount& account, int64_t now) {
  const int64_t time = asked.usage_time.has_value() ? absl::ToUnixMicros(*asked.usage_time) : now;
  uint64_t list = 0;
  const auto* price = model_.Price(account.currency, asked.sku, asked.region, time, &list);
  Law(price != nullptr && time <= now + kMostAhead, "only what has a price is charged");
  if (price == nullptr) return;
  Law(metered.sku() == asked.sku && metered.region() == asked.region && metered.quantity() == asked.quantity &&
          metered.usage_time() == time,
      "what was metered is recorded");
  Law(metered.price_list() == list && metered.price_micros() == price->price_micros() &&
          metered.per_quantity() == price->per_quantity(),
      "priced by the list in force when it was used: ", list, ", not ", metered.price_list());
  const absl::int128 product = absl::int128(asked.quantity) * price->price_micros();
  const auto found = account.remainders.find(price->per_quantity());
  const int64_t carried = found == account.remainders.end() ? 0 : found->second;
  const auto [share, left] = RoundedShare(product + carried, price->per_quantity());
  Law(amount == share && metered.remainder() == left, "charged ", amount, " and carried ", metered.remainder(),
      " instead of ", static_cast<int64_t>(share), " and ", static_cast<int64_t>(left));
  const absl::int128 alone = RoundedShare(product, price->per_quantity()).first;
  SawIf(amount == 0 && product > 0, "a charge of nothing");
  SawIf(share > alone, "a fraction carried to a whole micro");
  SawIf(share < alone, "a fraction carried that took a micro off");
  SawIf(2 * left == price->per_quantity() || -2 * left == price->per_quantity(), "a half rounded to even");
  SawIf(product + carried < 0, "an amount below half a micro carried below zero");
  uint64_t list_now = 0;
  const auto* price_now = model_.Price(account.currency, asked.sku, asked.region, now, &list_now);
  SawIf(price_now != nullptr && list_now != list, "a price of the past");
  SawIf(!price->region().empty(), "a price of one region");
}

}  // namespace bursar::laws
