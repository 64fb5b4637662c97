#include "services/cli/statement_page.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/civil_time.h"
#include "google/protobuf/util/time_util.h"
#include "ledger/domain/money.h"
#include "services/cli/error_text.h"
#include "services/cli/show.h"
#include "services/cli/svg.h"
#include "services/cli/values.h"
#include "services/cli/write_file.h"

namespace bursar::cli {
namespace {

// Rows of a list before the rest is summed up.
constexpr int kMostRows = 12;

constexpr char kStyle[] = R"(
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --rule: #d9dee5; --paper: #ffffff; --back: #f3f5f8;
        --accent: #2f6f8f; --minus: #9b3a2f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaf0; --soft: #9aa6b5; --rule: #303a48; --paper: #161c24; --back: #0e1319; --accent: #6fb3d2;
          --minus: #e08a7d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto,
       "Helvetica Neue", "Noto Sans", sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 860px; margin: 32px auto; padding: 44px 52px 36px; background: var(--paper); border-radius: 6px; }
header { display: flex; justify-content: space-between; align-items: flex-end; gap: 24px; padding-bottom: 18px;
         border-bottom: 2px solid var(--ink); }
h1 { margin: 0; font-size: 30px; line-height: 1.15; font-weight: 650; letter-spacing: -0.01em; }
h2 { margin: 36px 0 10px; font-size: 17px; font-weight: 650; }
header p, .note { margin: 4px 0 0; color: var(--soft); font-size: 13.5px; }
.due { text-align: right; white-space: nowrap; }
.due strong { display: block; font-size: 26px; line-height: 1.2; font-weight: 650; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-weight: 500; color: var(--soft); font-size: 13px; }
th, td { padding: 6px 0 6px 16px; border-bottom: 1px solid var(--rule); vertical-align: middle; }
th:first-child, td:first-child { padding-left: 0; }
td.amount, th.amount { text-align: right; white-space: nowrap; }
td.key { overflow-wrap: anywhere; }
table.groups { table-layout: fixed; }
.groups th:nth-child(1), .groups th:nth-child(2) { width: 38%; }
table.ends { margin-top: 24px; }
tr.sum td { font-weight: 650; border-bottom: 2px solid var(--ink); border-top: 1px solid var(--ink); }
.minus { color: var(--minus); }
svg { display: block; width: 100%; height: auto; }
svg.bar { height: 10px; }
.column { fill: var(--accent); }
.grid { stroke: var(--rule); } .axis { stroke: var(--soft); }
.scale, .label { fill: var(--soft); font-size: 12px; }
footer { margin-top: 36px; color: var(--soft); font-size: 12.5px; }
@media (max-width: 640px) { main { margin: 0; padding: 24px 18px; border-radius: 0; }
  header { flex-direction: column; align-items: flex-start; } .due { text-align: left; } }
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #444; --rule: #ccc; --paper: #fff; --back: #fff; --accent: #2f6f8f;
          --minus: #000; }
  body { font-size: 11pt; } main { margin: 0; padding: 0; max-width: none; }
  section, tr { break-inside: avoid; } h2 { break-after: avoid; }
  .column { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
)";

// "12,345.50"
std::string Grouped(int64_t micros) {
  std::string text = ToString(Money::Micros(micros), "");
  while (!text.empty() && text.back() == ' ') text.pop_back();
  const size_t digits = text[0] == '-' ? 1 : 0;
  for (size_t at = text.find('.'); at > digits + 3; at -= 3) text.insert(at - 3, ",");
  return absl::StrReplaceAll(text, {{"-", "\xE2\x88\x92"}});
}

class Page {
 public:
  explicit Page(const v1::Statement& statement) : statement_(statement) {}

  std::string Text() {
    Head();
    Summary();
    Days();
    Groups("By project", "Project", statement_.by_project());
    Groups("By member", "Member", statement_.by_member());
    Groups("By what was used", "SKU or action", statement_.by_sku());
    Groups("By category", "Category", statement_.by_category());
    Adjustments();
    Foot();
    return std::move(html_);
  }

 private:
  template <class... Pieces>
  void Put(const Pieces&... pieces) {
    absl::StrAppend(&html_, pieces...);
  }

  std::string Amount(int64_t micros) const {
    return absl::StrCat(Grouped(micros), " ", EscapedForHtml(statement_.currency()));
  }

  std::string MonthName() const {
    absl::CivilMonth month;
    if (!absl::ParseCivilTime(statement_.month(), &month)) return EscapedForHtml(statement_.month());
    return absl::FormatTime("%B %Y", absl::FromCivil(month, absl::UTCTimeZone()), absl::UTCTimeZone());
  }

  static std::string TimeText(const google::protobuf::Timestamp& time) {
    return WriteTime(absl::FromUnixMicros(google::protobuf::util::TimeUtil::TimestampToMicroseconds(time)));
  }

  void Head() {
    const std::string account = EscapedForHtml(statement_.billing_account());
    Put("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n", "<title>Statement of ", account,
        ", ", MonthName(), "</title>\n<style>", kStyle, "</style>\n</head>\n<body>\n<main>\n<header>\n<div>\n<h1>",
        MonthName(), "</h1>\n<p>Statement of <b>", account, "</b>, times in ", EscapedForHtml(statement_.time_zone()),
        statement_.closed() ? "" : "; the month is not over", "</p>\n</div>\n<div class=\"due\"><p>",
        statement_.closed() ? "Owed at the end" : "Owed so far", "</p><strong>",
        Amount(statement_.closing().outstanding_micros()), "</strong></div>\n</header>\n");
  }

  void Move(const char* what, int64_t micros, bool always = false) {
    if (micros == 0 && !always) return;
    Put("<tr><td>", what, "</td><td class=\"amount", micros < 0 ? " minus" : "", "\">", Amount(micros), "</td></tr>\n");
  }

  void Balance(const char* what, const v1::StatementBalance& balance) {
    Put("<tr class=\"sum\"><td>", what, "</td><td class=\"amount\">", Amount(balance.net_micros()), "</td></tr>\n");
  }

  void Ends(const char* what, int64_t opening, int64_t closing) {
    Put("<tr><td>", what, "</td><td class=\"amount\">", Amount(opening), "</td><td class=\"amount\">", Amount(closing),
        "</td></tr>\n");
  }

  void Summary() {
    const v1::StatementBalance& opening = statement_.opening();
    const v1::StatementBalance& closing = statement_.closing();
    Put("<section>\n<h2>Summary</h2>\n<table>\n");
    Balance("Opening: credits less what was owed", opening);
    Move("Charges of this month", -statement_.charges_micros(), true);
    Move("Adjustments of earlier months", -statement_.adjustments_micros());
    Move("Payments", statement_.payments_micros());
    Move("Credits granted", statement_.credits_granted_micros());
    Move("Credits expired", -statement_.credits_expired_micros());
    Move("Credits revoked", -statement_.credits_revoked_micros());
    Move("From and to other accounts", statement_.other_micros());
    Balance("Closing: credits less what is owed", closing);
    Put("</table>\n</section>\n<section>\n<table class=\"ends\">\n<tr><th></th><th class=\"amount\">Opening</th>",
        "<th class=\"amount\">Closing</th></tr>\n");
    Ends("Credits", opening.credits_micros(), closing.credits_micros());
    Ends("Owed", opening.outstanding_micros(), closing.outstanding_micros());
    Ends("Set aside by holds", opening.held_micros(), closing.held_micros());
    Ends("Spending limit", opening.limit_micros(), closing.limit_micros());
    Ends("Funds", opening.funds_micros(), closing.funds_micros());
    Put("</table>\n</section>\n");
  }

  void Days() {
    std::vector<ChartValue> values;
    for (const v1::SpendingGroup& day : statement_.by_day()) {
      values.push_back({.label = day.key().substr(sizeof("2026-") - 1),
                        .value = day.amount_micros(),
                        .text = absl::StrCat(Grouped(day.amount_micros()), " ", statement_.currency())});
    }
    if (statement_.charges_micros() == 0) return;
    Put("<section>\n<h2>Day by day</h2>\n", SvgColumns(values, "Charges by day"), "</section>\n");
  }

  void Row(const std::string& key, int64_t micros, int64_t largest) {
    Put("<tr><td class=\"key\">", key, "</td><td class=\"draw\">",
        SvgBar(largest <= 0 ? 0 : static_cast<double>(micros) / static_cast<double>(largest)),
        "</td><td class=\"amount", micros < 0 ? " minus" : "", "\">", Amount(micros), "</td></tr>\n");
  }

  void Groups(const char* title, const char* heading,
              const google::protobuf::RepeatedPtrField<v1::SpendingGroup>& groups) {
    if (groups.empty()) return;
    const int shown = groups.size() <= kMostRows ? groups.size() : kMostRows - 1;
    const int64_t largest = groups[0].amount_micros();
    Put("<section>\n<h2>", title, "</h2>\n<table class=\"groups\">\n<tr><th>", heading,
        "</th><th></th><th class=\"amount\">Charged</th></tr>\n");
    for (int i = 0; i < shown; ++i) {
      Row(groups[i].key().empty() ? "(none)" : EscapedForHtml(groups[i].key()), groups[i].amount_micros(), largest);
    }
    int64_t rest = 0;
    for (int i = shown; i < groups.size(); ++i) rest += groups[i].amount_micros();
    if (shown < groups.size()) Row(absl::StrCat(groups.size() - shown, " others"), rest, largest);
    Put("</table>\n</section>\n");
  }

  void Adjustments() {
    if (statement_.adjustments().empty()) return;
    Put("<section>\n<h2>Adjustments of earlier months</h2>\n<table>\n<tr><th>Month</th><th>Why</th><th>Member</th>",
        "<th>Project</th><th>SKU or action</th><th class=\"amount\">Charged</th></tr>\n");
    for (const v1::StatementAdjustment& adjustment : statement_.adjustments()) {
      Put("<tr><td>", EscapedForHtml(adjustment.month()), "</td><td>",
          adjustment.kind() == v1::StatementAdjustment::KIND_REVERSAL ? "taken back" : "reported late",
          "</td><td class=\"key\">", EscapedForHtml(adjustment.user_id()), "</td><td class=\"key\">",
          EscapedForHtml(adjustment.project_id()), "</td><td class=\"key\">", EscapedForHtml(adjustment.sku()),
          "</td><td class=\"amount", adjustment.amount_micros() < 0 ? " minus" : "", "\">",
          Amount(adjustment.amount_micros()), "</td></tr>\n");
    }
    Put("</table>\n</section>\n");
  }

  void Foot() {
    Put("<footer>From ", TimeText(statement_.start_time()), " until ", TimeText(statement_.end_time()), ", entries ",
        statement_.opening().position() + 1, " to ", statement_.closing().position(),
        " of the ledger.</footer>\n</main>\n</body>\n</html>\n");
  }

  const v1::Statement& statement_;
  std::string html_;
};

}  // namespace

std::string StatementPage(const v1::Statement& statement) { return Page(statement).Text(); }

ExitCode ShowStatement(const Showing& showing) {
  const auto answer =
      showing.client.Call<v1::GetStatementResponse>(static_cast<const v1::GetStatementRequest&>(showing.request));
  if (!answer.ok()) return showing.fail(answer.status(), ExitCodeOf(answer.status()));
  const std::string file = showing.Own("--html");
  if (file.empty()) {
    WriteAnswer(showing, *answer);
    return kDone;
  }
  NewFile page(file);
  page.Write(StatementPage(answer->statement()));
  if (absl::Status written = page.Finish(); !written.ok()) return showing.fail(written, kMisuse);
  showing.world.out << "Wrote the statement to " << file << ".\n";
  return kDone;
}

}  // namespace bursar::cli
