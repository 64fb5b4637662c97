// Of bursar.v1.FinanceService: what was charged, grouped.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bursar/v1/finance.pb.h"
#include "ledger/domain/refusals.h"
#include "ledger/projections/spending.h"
#include "services/api/finance_methods.h"
#include "services/api/finance_moments.h"

namespace bursar {
namespace {

using GroupBy = v1::ListSpendingRequest::GroupBy;

// More would be no picture any more.
constexpr absl::civil_diff_t kMostDays = 1'000;
constexpr int kDaysByDefault = 30;

// What is asked, with everything that was left out filled in.
struct Asked {
  // A billing account or a currency.
  std::string whose;
  std::string currency;
  absl::Time from;
  absl::Time to;
  Position last = 0;
  absl::TimeZone zone;
};

v1::SpendingGroup ToGroup(const std::string& key, WideMoney amount) {
  v1::SpendingGroup shown;
  shown.set_key(key);
  shown.set_amount_micros(amount.Nearest().micros());
  shown.set_amount(amount.Text());
  return shown;
}

absl::StatusOr<SpendingBy> ByOf(GroupBy group_by, bool all) {
  switch (group_by) {
    case v1::ListSpendingRequest::GROUP_BY_PROJECT:
      if (all) return InvalidField("group_by", "goes by project within one account only");
      return SpendingBy::kProject;
    case v1::ListSpendingRequest::GROUP_BY_MEMBER:
      if (all) return InvalidField("group_by", "goes by member within one account only");
      return SpendingBy::kMember;
    case v1::ListSpendingRequest::GROUP_BY_ACCOUNT:
      if (!all) return InvalidField("group_by", "goes by account over all accounts only");
      return SpendingBy::kAccount;
    case v1::ListSpendingRequest::GROUP_BY_SKU:
      return SpendingBy::kSku;
    default:
      return SpendingBy::kCategory;
  }
}

bool IsByDay(GroupBy group_by) {
  return group_by == v1::ListSpendingRequest::GROUP_BY_DAY || group_by == v1::ListSpendingRequest::GROUP_BY_UNSPECIFIED;
}

absl::StatusOr<Asked> Complete(const Books& books, const v1::ListSpendingRequest& request,
                               const Standpoint& standpoint) {
  const auto zone = TimeZoneOf(request.time_zone());
  if (!zone.ok()) return zone.status();
  if (request.to_position() > standpoint.position) {
    return InvalidField("to_position", absl::StrCat("lies beyond the last entry, ", standpoint.position));
  }
  Asked asked{.whose = standpoint.account.empty() ? request.all_currency() : standpoint.account.text(),
              .currency = request.all_currency(),
              .zone = *zone};
  if (!standpoint.account.empty()) {
    const auto currency = books.balances().CurrencyOf(standpoint.account);
    if (!currency.ok()) return currency.status();
    asked.currency = currency->value_or("");
  }
  asked.last = request.to_position() == 0 ? standpoint.position : request.to_position();
  // What was committed at this very microsecond belongs to it.
  asked.to = TimeIf(request.has_end_time(), request.end_time()).value_or(standpoint.now + absl::Microseconds(1));
  const absl::Time begin =
      IsByDay(request.group_by()) ? asked.to - absl::Hours(24 * kDaysByDefault) : absl::InfinitePast();
  asked.from = TimeIf(request.has_start_time(), request.start_time()).value_or(begin);
  if (asked.from > asked.to) return InvalidField("end_time", "lies before start_time");
  return asked;
}

// The last entry before the time that counts.
absl::StatusOr<Position> PositionBefore(const Books& books, absl::Time time, Position last) {
  const auto before = books.Before(time);
  if (!before.ok()) return before.status();
  return std::min(before->position, last);
}

absl::StatusOr<v1::ListSpendingResponse> ByDay(const Books& books, const Asked& asked) {
  const absl::CivilDay first = absl::ToCivilDay(asked.from, asked.zone);
  const absl::CivilDay last = absl::ToCivilDay(asked.to - absl::Microseconds(1), asked.zone);
  if (last - first >= kMostDays) {
    return InvalidField("start_time", absl::StrCat("lies more than ", kMostDays, " days before the end"));
  }
  std::vector<Position> ends;
  for (absl::CivilDay day = first; day <= last + 1; ++day) {
    const absl::Time time = std::clamp(absl::FromCivil(day, asked.zone), asked.from, asked.to);
    const auto position = PositionBefore(books, time, asked.last);
    if (!position.ok()) return position.status();
    ends.push_back(*position);
  }
  const auto sums = books.spending().Between(asked.whose, ends);
  if (!sums.ok()) return sums.status();
  v1::ListSpendingResponse response;
  WideMoney total;
  for (size_t i = 0; i < sums->size(); ++i) {
    *response.add_groups() = ToGroup(absl::FormatCivilTime(first + static_cast<int64_t>(i)), (*sums)[i]);
    total += (*sums)[i];
  }
  *response.mutable_total() = ToGroup("", total);
  return response;
}

absl::StatusOr<v1::ListSpendingResponse> LargestFirst(const Books& books, const Asked& asked, SpendingBy by,
                                                      size_t size) {
  const auto after = PositionBefore(books, asked.from, asked.last);
  if (!after.ok()) return after.status();
  const auto to = PositionBefore(books, asked.to, asked.last);
  if (!to.ok()) return to.status();
  auto groups = books.spending().By(by, asked.whose, {.after = *after, .to = *to});
  if (!groups.ok()) return groups.status();
  std::stable_sort(groups->begin(), groups->end(),
                   [](const SpendingGroup& a, const SpendingGroup& b) { return a.amount > b.amount; });
  v1::ListSpendingResponse response;
  WideMoney total;
  WideMoney others;
  for (size_t i = 0; i < groups->size(); ++i) {
    const SpendingGroup& group = (*groups)[i];
    total += group.amount;
    if (i < size) {
      *response.add_groups() = ToGroup(group.key, group.amount);
    } else {
      others += group.amount;
    }
  }
  *response.mutable_total() = ToGroup("", total);
  if (groups->size() > size) {
    *response.mutable_others() = ToGroup("", others);
    response.set_others_count(static_cast<int64_t>(groups->size() - size));
  }
  return response;
}

absl::StatusOr<v1::ListSpendingResponse> ListSpending(const Ledger& ledger, const Call& call,
                                                      const v1::ListSpendingRequest& request) {
  const bool all = !request.all_currency().empty();
  const auto standpoint = all ? StandpointOfAll(ledger, call) : StandpointOf(ledger, call, request.billing_account());
  if (!standpoint.ok()) return standpoint.status();
  if (all && !request.billing_account().empty()) {
    return InvalidField("all_currency", "cannot stand beside billing_account");
  }
  const auto by = ByOf(request.group_by(), all);
  if (!by.ok()) return by.status();
  const auto books = BooksAt(ledger, standpoint->position, call.deadline);
  if (!books.ok()) return books.status();
  const auto asked = Complete(**books, request, *standpoint);
  if (!asked.ok()) return asked.status();
  auto response = IsByDay(request.group_by()) ? ByDay(**books, *asked)
                                              : LargestFirst(**books, *asked, *by, PageSize(request.page_size()));
  if (!response.ok()) return response.status();
  response->set_currency(asked->currency);
  response->set_position(asked->last);
  return response;
}

}  // namespace

void AddSpendingMethods(Methods& methods, Ledger& ledger) {
  methods.SlowRead<v1::ListSpendingRequest, v1::ListSpendingResponse>(
      [&ledger](const Call& call, const v1::ListSpendingRequest& request) {
        return ListSpending(ledger, call, request);
      });
}

}  // namespace bursar
