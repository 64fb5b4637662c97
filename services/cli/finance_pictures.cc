// `bursar finance spending`, `top` and `forecast`: pictures for people, the answer itself for everybody else.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bursar/v1/finance.pb.h"
#include "google/protobuf/util/time_util.h"
#include "ledger/domain/money.h"
#include "services/cli/charts.h"
#include "services/cli/error_text.h"
#include "services/cli/show.h"
#include "services/cli/text.h"

namespace bursar::cli {
namespace {

using google::protobuf::util::TimeUtil;
using v1::ListSpendingRequest;

bool WantsPicture(const Showing& showing) { return showing.world.out_is_terminal && !showing.json; }

Canvas CanvasOf(const World& world) {
  const bool colorless = world.variable && !world.variable("NO_COLOR").value_or("").empty();
  return {.width = std::max(40, world.columns), .color = world.out_is_terminal && !colorless};
}

std::string AmountText(int64_t micros, const std::string& currency) {
  return Printable(ToString(Money::Micros(micros), currency));
}

std::string AmountText(const v1::SpendingGroup& group, const std::string& currency) {
  return Printable(absl::StrCat(group.amount(), " ", currency));
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixMicros(TimeUtil::TimestampToMicroseconds(time));
}

std::string DayText(absl::Time time) { return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone()); }

// Spending -----------------------------------------------------------------------------------------------------------

bool IsByDay(const ListSpendingRequest& request) {
  return request.group_by() == ListSpendingRequest::GROUP_BY_UNSPECIFIED ||
         request.group_by() == ListSpendingRequest::GROUP_BY_DAY;
}

std::string DrawSpending(const ListSpendingRequest& request, const v1::ListSpendingResponse& answer,
                         const Canvas& canvas) {
  std::vector<ChartValue> values;
  for (const v1::SpendingGroup& group : answer.groups()) {
    values.push_back({.label = group.key().empty() ? "(none)" : Printable(group.key()),
                      .value = group.amount_micros(),
                      .text = AmountText(group, answer.currency())});
  }
  if (answer.has_others()) {
    values.push_back({.label = absl::StrCat("(", answer.others_count(), " others)"),
                      .value = answer.others().amount_micros(),
                      .text = AmountText(answer.others(), answer.currency())});
  }
  const std::string total =
      absl::StrCat("Spent ", AmountText(answer.total(), answer.currency()), " (position ", answer.position(), ")\n");
  if (values.empty()) return total;
  return absl::StrCat(total, "\n",
                      IsByDay(request) ? ColumnChart(values, /*is_level=*/false, canvas) : BarChart(values, canvas));
}

ExitCode Spending(const Showing& showing, const ListSpendingRequest& request) {
  const auto answer = showing.client.Call<v1::ListSpendingResponse>(request);
  if (!answer.ok()) return showing.fail(answer.status(), ExitCodeOf(answer.status()));
  if (WantsPicture(showing)) {
    showing.world.out << DrawSpending(request, *answer, CanvasOf(showing.world));
  } else {
    WriteAnswer(showing, *answer);
  }
  return kDone;
}

// Forecast -----------------------------------------------------------------------------------------------------------

// What is left on each day, at this pace, until the last of the dates or for as long again as there are days to show.
std::string DrawBurnDown(const v1::Forecast& forecast, const Canvas& canvas) {
  const absl::Time now = TimeOf(forecast.as_of_time());
  const absl::Time expected = TimeOf(forecast.expected_time());
  const double funds = static_cast<double>(forecast.funds_micros());
  constexpr int kSteps = 48;
  const absl::Duration step = (expected - now) / (kSteps - 1);
  std::vector<ChartValue> values;
  for (int i = 0; i < kSteps; ++i) {
    // A picture; no money comes of it.
    const auto left = static_cast<int64_t>(funds * (kSteps - 1 - i) / (kSteps - 1));
    values.push_back({.label = DayText(now + i * step), .value = left, .text = AmountText(left, forecast.currency())});
  }
  return ColumnChart(values, /*is_level=*/true, canvas);
}

// ", between 2026-04-02 and never"; nothing where both paces lead to one day.
std::string RangeText(const v1::Forecast& forecast) {
  const std::string earliest = DayText(TimeOf(forecast.earliest_time()));
  const std::string latest = forecast.has_latest_time() ? DayText(TimeOf(forecast.latest_time())) : "never";
  return earliest == latest ? "" : absl::StrCat(", between ", earliest, " and ", latest);
}

std::string DrawForecast(const v1::Forecast& forecast, const Canvas& canvas) {
  std::string text = absl::StrCat(Printable(forecast.billing_account()), " has ",
                                  AmountText(forecast.funds_micros(), forecast.currency()), " to spend. ");
  switch (forecast.outlook()) {
    case v1::Forecast::OUTLOOK_ALREADY:
      text += "They are used up already.\n";
      break;
    case v1::Forecast::OUTLOOK_DATED:
      absl::StrAppend(&text, "They run out about ", DayText(TimeOf(forecast.expected_time())), RangeText(forecast),
                      ".\n");
      break;
    default:
      text += "They never run out at this pace.\n";
  }
  for (const v1::Forecast::Burn& burn : forecast.burns()) {
    absl::StrAppend(&text, "  last ", burn.days(), " days: ", AmountText(burn.charged_micros(), forecast.currency()),
                    ", ", AmountText(burn.per_day_micros(), forecast.currency()), " a day",
                    burn.has_run_out_time() ? absl::StrCat(", until ", DayText(TimeOf(burn.run_out_time()))) : "",
                    "\n");
  }
  if (forecast.outlook() == v1::Forecast::OUTLOOK_DATED) absl::StrAppend(&text, "\n", DrawBurnDown(forecast, canvas));
  return text;
}

}  // namespace

ExitCode ShowSpending(const Showing& showing) {
  return Spending(showing, static_cast<const ListSpendingRequest&>(showing.request));
}

ExitCode ShowTop(const Showing& showing) {
  ListSpendingRequest request = static_cast<const ListSpendingRequest&>(showing.request);
  if (request.group_by() == ListSpendingRequest::GROUP_BY_UNSPECIFIED) {
    request.set_group_by(request.all_currency().empty() ? ListSpendingRequest::GROUP_BY_MEMBER
                                                        : ListSpendingRequest::GROUP_BY_ACCOUNT);
  }
  if (request.page_size() == 0) request.set_page_size(10);
  return Spending(showing, request);
}

ExitCode ShowForecast(const Showing& showing) {
  const auto answer =
      showing.client.Call<v1::GetForecastResponse>(static_cast<const v1::GetForecastRequest&>(showing.request));
  if (!answer.ok()) return showing.fail(answer.status(), ExitCodeOf(answer.status()));
  if (WantsPicture(showing)) {
    showing.world.out << DrawForecast(answer->forecast(), CanvasOf(showing.world));
  } else {
    WriteAnswer(showing, *answer);
  }
  return kDone;
}

}  // namespace bursar::cli
