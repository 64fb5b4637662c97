// Finance through the command line and a server: statements, spending, forecasts, and exports that other programs
// check.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "bursar/v1/finance.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ledger/base/check.h"
#include "ledger/base/clock.h"
#include "ledger/base/link_key.h"
#include "nlohmann/json.hpp"
#include "services/api/call_log.h"
#include "services/cli/cli.h"
#include "services/client/client.h"
#include "services/client/status.h"
#include "services/server/server.h"
#include "tests/cli/process.h"
#include "tests/cli/running_server.h"

namespace bursar {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr Money Usd(int64_t units) { return Money::Micros(units * 1'000'000); }

absl::Time Day(int month, int day) {
  return absl::FromCivil(absl::CivilHour(2026, month, day, 12), absl::UTCTimeZone());
}

void WriteTo(const std::string& file, const std::string& text) { std::ofstream(file, std::ios::binary) << text; }

// A laboratory's spring, on a server with a clock of its own: from March to May, with late usage, credits that expire,
// payments, names with dots and underscores, a second currency, and a request id that would like to be a formula.
class Spring : public testing::Test {
 protected:
  Spring() {
    SetCallLog(false);
    auto server = Server::Start({.address = "127.0.0.1:0", .clock = &clock_});
    BURSAR_CHECK(server.ok());
    server_ = *std::move(server);
    Publish();
    People();
    March();
    April();
    May();
  }

  Position Do(absl::string_view principal, Command command, const std::string& request_id = "") {
    const auto answer = server_->ledger().SubmitAndWait(
        {.principal = *Principal::Parse(principal),
         .request_id = request_id.empty() ? absl::StrCat("request-", ++requests_) : request_id,
         .fingerprint = "0123456789abcdef",
         .command = std::move(command)});
    EXPECT_TRUE(answer.ok()) << answer.status();
    BURSAR_CHECK(answer.ok());
    return (*answer)->position();
  }

  void Until(absl::Time time) {
    clock_.Set(time);
    BURSAR_CHECK(server_->ledger().Tick().ok());
  }

  void Publish() {
    Do("operator-olga", PublishTerms{.document = Document::kTerms, .version = "t1"});
    Do("operator-olga", PublishTerms{.document = Document::kPricing, .version = "p1"});
    Do("operator-olga",
       PublishActionCatalogue{
           .actions = {{.name = "analysis.run", .gated = true, .free = false, .category = "compute"},
                       {.name = "project.create", .gated = true, .free = true, .category = "projects"}}});
    for (const char* currency : {"USD", "EUR"}) {
      Do("operator-olga",
         PublishPriceList{.currency = currency,
                          .prices = {{.sku = "storage", .price = Usd(1), .per_quantity = 3, .category = "storage"}}});
    }
  }

  void Register(const std::string& handle, const std::string& currency) {
    Do("anonymous", RegisterUser{.handle = handle,
                                 .person = {.name = handle, .email = absl::StrCat(handle, "@example.org")},
                                 .region = "azure:westus",
                                 .currency = currency});
  }

  void SetUp(const std::string& handle, const BillingAccountId& account, Money limit) {
    const std::string selector = LinkKey::MakeSelector();
    const LinkSeed link{.selector = selector, .secret_hash = key_.SecretHash(selector)};
    Do(absl::StrCat("user-", handle), SubmitAccountUpgrade{.billing_account = account,
                                                           .user = UserId::OfHandle(handle),
                                                           .contact = {.name = "Bill Payer",
                                                                       .email = "bill@example.org",
                                                                       .postal_address = "1 Main St",
                                                                       .phone = "+1 555 0100"},
                                                           .terms_version = "t1",
                                                           .pricing_version = "p1",
                                                           .link = link});
    Do("anonymous", ConfirmBilling{.selector = link.selector, .secret_hash = link.secret_hash});
    Do("operator-olga", SetSpendingLimit{.billing_account = account, .limit = limit, .reason = "agreed"});
  }

  void People() {
    for (const char* handle : {"ada", "bob.l_x", "mel"}) Register(handle, "USD");
    Register("eve", "EUR");
    Do("user-ada",
       CreateOrganization{.handle = "lab", .name = "Lab", .admin = UserId::OfHandle("ada"), .currency = "USD"});
    for (const auto& [handle, spends] : {std::make_pair("bob.l_x", true), std::make_pair("mel", false)}) {
      Do("user-ada", InviteMember{.organization = OrganizationId::OfHandle("lab"),
                                  .user = UserId::OfHandle(handle),
                                  .access = {.allow_billable_activities = spends}});
      Do(absl::StrCat("user-", handle),
         AcceptInvitation{.organization = OrganizationId::OfHandle("lab"), .user = UserId::OfHandle(handle)});
    }
    SetUp("ada", lab_, Usd(1'000));  // usage may go beyond
    SetUp("bob.l_x", bob_, Usd(100));
    SetUp("eve", eve_, Usd(100));
    genomes_ =
        ProjectId(Do("user-ada", CreateProject{.user = UserId::OfHandle("ada"), .name = "genomes", .bill_to = lab_}));
  }

  void Use(const std::string& handle, const BillingAccountId& account, int64_t quantity,
           std::optional<absl::Time> time = std::nullopt, const std::string& request_id = "") {
    Do("service-portal",
       RecordUsage{.user = UserId::OfHandle(handle),
                   .project = account == lab_ ? genomes_ : ProjectId(),
                   .bill_to = account,
                   .metered = {.sku = "storage", .quantity = quantity, .usage_time = time}},
       request_id);
  }

  void Spend(const std::string& handle, const BillingAccountId& account, Money cost) {
    const Position hold = Do(
        "service-portal",
        PlaceHold{
            .action = {.action = "analysis.run", .user = UserId::OfHandle(handle), .bill_to = account, .cost = cost}});
    Do("service-portal", CaptureHold{.hold = HoldId(hold), .cost = cost, .last = true});
  }

  void March() {
    Do("operator-olga",
       GrantCredit{.billing_account = lab_, .amount = Usd(50), .expire_time = Day(4, 10), .reason = "goodwill"});
    Spend("bob.l_x", lab_, Usd(20));
    Use("ada", lab_, 7, std::nullopt, "=HYPERLINK(\"a,b\");x:y");
    Use("bob.l_x", bob_, 100);
    Use("eve", eve_, 50);
  }
  void April() {
    Until(Day(4, 2));
    Use("bob.l_x", lab_, 30, Day(3, 20));
    Until(Day(4, 20));
    Use("ada", lab_, 300);
    Do("finance-fay", RecordPayment{.billing_account = lab_, .amount = Usd(40), .reference = "wire"});
  }
  void May() {
    Until(Day(5, 31));
    Use("ada", lab_, 100);
    Do("finance-fay", RecordPayment{.billing_account = bob_, .amount = Usd(60), .reference = "wire"});
  }

  // As it is typed, with a picture where a terminal is said to be there.
  Outcome Bursar(const std::string& caller, std::vector<std::string> arguments, bool terminal = false) {
    std::ostringstream out;
    std::ostringstream err;
    arguments.insert(arguments.end(), {"--server", absl::StrCat("127.0.0.1:", server_->port()), "--as", caller});
    const int code = cli::Run(arguments, {.out = out,
                                          .err = err,
                                          .variable = [](const std::string&) { return std::nullopt; },
                                          .read_file = [](const std::string&) { return absl::NotFoundError("none"); },
                                          .now = [this] { return clock_.Now(); },
                                          .out_is_terminal = terminal,
                                          .columns = 72});
    return {.code = code, .out = out.str(), .err = err.str()};
  }

  json Json(const std::string& caller, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--format", "json"});
    const Outcome outcome = Bursar(caller, std::move(arguments));
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out, nullptr, false);
  }

  std::string Reason(const std::string& caller, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--format", "json"});
    const Outcome outcome = Bursar(caller, std::move(arguments));
    return outcome.code == 1 ? json::parse(outcome.err)["reason"].get<std::string>() : absl::StrCat(outcome.code);
  }

  // The export as a file of this name.
  std::string Export(const std::string& name, std::vector<std::string> more = {},
                     const std::string& caller = "finance-fay") {
    const std::string file = folder_ / name;
    std::vector<std::string> arguments = {"finance", "export", "--file", file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = Bursar(caller, arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return file;
  }

  const Folder folder_;
  ManualClock clock_{Day(3, 2)};
  LinkKey key_ = LinkKey::Fresh();
  std::unique_ptr<Server> server_;
  int requests_ = 0;
  const BillingAccountId lab_{OrganizationId::OfHandle("lab")};
  const BillingAccountId bob_{UserId::OfHandle("bob.l_x")};
  const BillingAccountId eve_{UserId::OfHandle("eve")};
  ProjectId genomes_;
};

Outcome Check(const std::string& program, std::vector<std::string> arguments) {
  return Process(program, std::move(arguments), {{"LC_ALL", "C.UTF-8"}, {"PATH", "/usr/bin:/bin"}}).Wait();
}
Outcome Hledger(const std::string& file) { return Check(BURSAR_HLEDGER, {"-f", file, "check", "--strict"}); }
Outcome Beancount(const std::string& file) { return Check(BURSAR_BEAN_CHECK, {"--no-cache", file}); }

// Makes an amount of the first transaction that says `event` a millionth larger: on both its sides, or on one only.
std::string Tampered(const std::string& text, const std::string& event, bool both_sides) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  bool inside = false;
  int changed = 0;
  for (std::string& line : lines) {
    inside = absl::StrContains(line, event) || (inside && !line.empty());
    const size_t end = line.rfind("000000 ");
    if (!inside || end == std::string::npos || absl::StrContains(line, "balance ") || changed == (both_sides ? 2 : 1)) {
      continue;
    }
    line.replace(end, 6, "000001");
    ++changed;
  }
  EXPECT_EQ(changed, both_sides ? 2 : 1) << "Nothing to tamper with.";
  return absl::StrJoin(lines, "\n");
}

TEST_F(Spring, ExportIsAcceptedByHledgerAndRefusedWhenTamperedWith) {
  const std::string file = Export("books.journal");
  const Outcome whole = Hledger(file);
  EXPECT_EQ(whole.code, 0) << whole.out << whole.err;
  const std::string text = Contents(file);
  EXPECT_THAT(text, HasSubstr("Assets:Receivables:UserBobDotlUnderx"));
  EXPECT_THAT(text, HasSubstr("Liabilities:Customer-Credits:OrgLab"));
  EXPECT_THAT(text, HasSubstr("2026-03-31 * Balances"));
  EXPECT_THAT(text, HasSubstr("2026-04-30 * Balances"));
  for (const bool both_sides : {false, true}) {
    WriteTo(folder_ / "tampered.journal", Tampered(text, ") HoldCaptured", both_sides));
    EXPECT_NE(Hledger(folder_ / "tampered.journal").code, 0) << "both sides: " << both_sides;
  }
}

TEST_F(Spring, ExportIsAcceptedByBeancountAndRefusedWhenTamperedWith) {
  const std::string file = Export("books.beancount");
  const Outcome whole = Beancount(file);
  EXPECT_EQ(whole.code, 0) << whole.out << whole.err;
  const std::string text = Contents(file);
  EXPECT_THAT(text, HasSubstr("2026-04-01 balance Assets:Receivables:UserEve  16.666667 ~ 0 EUR"));
  for (const bool both_sides : {false, true}) {
    WriteTo(folder_ / "tampered.beancount", Tampered(text, "\"HoldCaptured\"", both_sides));
    EXPECT_NE(Beancount(folder_ / "tampered.beancount").code, 0) << "both sides: " << both_sides;
  }
}

TEST_F(Spring, ExportOfOneAccountAndOfAPeriodBalancesByItself) {
  for (const char* name : {"books.journal", "books.beancount"}) {
    const auto check = absl::EndsWith(name, ".journal") ? Hledger : Beancount;
    const Outcome one = check(Export(name, {"org-lab"}, "user-ada"));
    EXPECT_EQ(one.code, 0) << one.out << one.err;
    EXPECT_THAT(Contents(folder_ / name), Not(HasSubstr("UserEve")));
    const Outcome april = check(Export(name, {"--start-time", "2026-04-01", "--end-time", "2026-05-01"}));
    EXPECT_EQ(april.code, 0) << april.out << april.err;
    EXPECT_THAT(Contents(folder_ / name), HasSubstr("Opening balances"));
    EXPECT_THAT(Contents(folder_ / name), Not(HasSubstr("2026-03-02")));
  }
}

TEST_F(Spring, ExportInSmallPagesIsTheSameFile) {
  const std::string whole = Contents(Export("whole.beancount"));
  EXPECT_EQ(Contents(Export("pages.beancount", {"--page-size", "1"})), whole);
}

TEST_F(Spring, ExportGoesOnFromPageToPageUntilEverythingIsThere) {
  constexpr int kRecords = 11'000;  // more than two of the largest pages
  for (int i = 0; i < kRecords; ++i) Use("ada", lab_, 1 + i % 7);
  const std::string file = Export("books.journal");
  const Outcome whole = Hledger(file);
  EXPECT_EQ(whole.code, 0) << whole.out << whole.err;
  EXPECT_GT(std::vector<std::string>(absl::StrSplit(Contents(file), ") UsageCharged")).size(), kRecords + 0u);
}

TEST_F(Spring, ExportAsCsvKeepsSpreadsheetsFromCalculating) {
  const std::string text = Contents(Export("books.csv"));
  EXPECT_THAT(text, StartsWith("kind,day,time,position,event,principal,request_id,billing_account,book_account,"));
  EXPECT_THAT(text, HasSubstr(",\"'=HYPERLINK(\"\"a,b\"\");x:y\",org-lab,"));
  EXPECT_THAT(text, HasSubstr("balance,2026-05-31,,,,,,org-lab,receivables,USD,"));
  std::map<std::string, int64_t> sums;
  for (const absl::string_view line : absl::StrSplit(text, "\r\n")) {
    if (!absl::StartsWith(line, "posting,")) continue;
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    sums[cells[cells.size() - 2]] += ParseAmount(cells.back())->micros();
  }
  EXPECT_EQ(sums, (std::map<std::string, int64_t>{{"EUR", 0}, {"USD", 0}}));
}

TEST_F(Spring, ExportAsXlsxHoldsEveryPostingAsANumber) {
  const std::string csv = Contents(Export("books.csv"));
  const std::string file = Export("books.xlsx");
  const std::string postings = Check(BURSAR_UNZIP, {"-p", file, "xl/worksheets/sheet1.xml"}).out;
  const auto rows = [](const std::string& text, const std::string& mark) {
    return std::vector<std::string>(absl::StrSplit(text, mark)).size() - 1;
  };
  EXPECT_EQ(rows(postings, "<row "), rows(csv, "\nposting,") + 1);
  EXPECT_THAT(postings, HasSubstr("<v>16.666667</v>"));
  EXPECT_THAT(postings, HasSubstr("=HYPERLINK("));
  EXPECT_THAT(postings, Not(HasSubstr("<f>"))) << "No cell is a formula.";
  EXPECT_THAT(Check(BURSAR_UNZIP, {"-p", file, "xl/worksheets/sheet2.xml"}).out, HasSubstr("customer_credits"));
}

TEST_F(Spring, ExportLeavesNoHalfFileWhereItIsRefused) {
  const std::string file = folder_ / "books.csv";
  EXPECT_EQ(Bursar("user-mel", {"finance", "export", "org-lab", "--file", file}).code, 1);
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_FALSE(std::filesystem::exists(file + ".part"));
  EXPECT_EQ(Bursar("finance-fay", {"finance", "export", "--file", folder_ / "books"}).code, 64);
  EXPECT_EQ(Bursar("finance-fay", {"finance", "export", "--file", folder_ / "no/such/books.csv"}).code, 64);
}

TEST_F(Spring, F8_AMemberWithoutTheFlagSeesNoPricesAndNoCosts) {
  for (const char* verb :
       {"statement", "spending", "top", "aging", "forecast", "book-balances", "export", "balance", "charges"}) {
    EXPECT_EQ(Reason("user-mel", {"finance", verb, "org-lab"}), "PERMISSION_DENIED") << verb;
    EXPECT_EQ(Bursar("user-bob.l_x", {"finance", verb, "org-lab"}).code, 0) << verb;
  }
  for (const std::vector<std::string>& all : {std::vector<std::string>{"finance", "export"},
                                              {"finance", "aging"},
                                              {"finance", "book-balances"},
                                              {"finance", "top", "--all-currency", "USD"}}) {
    EXPECT_EQ(Reason("user-ada", all), "PERMISSION_DENIED") << all[1];
    EXPECT_EQ(Reason("service-portal", all), "PERMISSION_DENIED") << all[1];
    EXPECT_EQ(Bursar("finance-fay", all).code, 0) << all[1];
  }
}

TEST_F(Spring, F1_StatementAddsUpWithLateUsageApart) {
  const json april = Json("user-ada", {"finance", "statement", "org-lab", "--month", "2026-04"})["statement"];
  EXPECT_EQ(april["charges_micros"], "100000000");
  EXPECT_EQ(april["adjustments_micros"], "10000000");
  EXPECT_EQ(april["adjustments"][0]["month"], "2026-03");
  EXPECT_EQ(april["adjustments"][0]["kind"], "KIND_LATE_USAGE");
  EXPECT_EQ(april["credits_expired_micros"], "17666667");
  EXPECT_EQ(april["payments_micros"], "40000000");
  EXPECT_EQ(april["by_project"][0]["key"], genomes_.text());
  EXPECT_EQ(april["closed"], true);
  const json may = Json("user-ada", {"finance", "statement", "org-lab"})["statement"];
  EXPECT_EQ(may["month"], "2026-05");
  EXPECT_EQ(may["closed"], false);
  EXPECT_EQ(may["opening"]["net_micros"], april["closing"]["net_micros"]);
}

TEST_F(Spring, F1_StatementRefusesMonthsThatAreNoneAndZonesThatAreUnknown) {
  for (const char* month : {"2026-13", "2026-3", "march", "2026-06"}) {
    EXPECT_EQ(Reason("user-ada", {"finance", "statement", "org-lab", "--month", month}), "INVALID_FIELD") << month;
  }
  for (const char* zone : {"Mars/Olympus", "../../etc/passwd", "/etc/localtime"}) {
    EXPECT_EQ(Reason("user-ada", {"finance", "statement", "org-lab", "--time-zone", zone}), "INVALID_FIELD") << zone;
  }
  EXPECT_EQ(Reason("user-ada", {"finance", "statement", "org-lab", "--month", "2026-02"}), "BILLING_ACCOUNT_NOT_FOUND");
}

TEST_F(Spring, F1_StatementPageStandsByItself) {
  const std::string file = folder_ / "april.html";
  ASSERT_EQ(Bursar("user-ada", {"finance", "statement", "org-lab", "--month", "2026-04", "--html", file}).code, 0);
  const std::string page = Contents(file);
  EXPECT_THAT(page, StartsWith("<!doctype html>"));
  EXPECT_THAT(page, HasSubstr("<h1>April 2026</h1>"));
  EXPECT_THAT(page, HasSubstr("<svg "));
  EXPECT_THAT(page, HasSubstr("100.00 USD"));
  EXPECT_THAT(page, HasSubstr("reported late"));
  for (const char* outside : {"http:", "https:", "<script", "<link", "<img", "url(", "@import"}) {
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  }
}

TEST_F(Spring, SpendingIsTheSameSumHoweverItIsGrouped) {
  for (const char* by : {"day", "project", "member", "sku", "category"}) {
    const json answer = Json("user-ada", {"finance", "spending", "org-lab", "--group-by", by, "--start-time",
                                          "2026-03-01", "--end-time", "2026-06-01"});
    EXPECT_EQ(answer["total"]["amount_micros"], "165666667") << by;
    int64_t sum = 0;
    for (const json& group : answer["groups"]) sum += std::stoll(group["amount_micros"].get<std::string>());
    EXPECT_EQ(sum, 165'666'667) << by;
  }
  const json top = Json("finance-fay", {"finance", "top", "--all-currency", "USD", "--page-size", "1"});
  EXPECT_EQ(top["groups"][0]["key"], "org-lab");
  EXPECT_EQ(top["others_count"], "1");
  EXPECT_EQ(top["others"]["amount_micros"], "33333333");
}

TEST_F(Spring, PicturesAreForTerminalsAndTablesForEverybodyElse) {
  const Outcome picture = Bursar("user-ada", {"finance", "spending", "org-lab", "--start-time", "2026-04-15"}, true);
  EXPECT_THAT(picture.out, StartsWith("Spent 133.333334 USD"));
  EXPECT_THAT(picture.out, HasSubstr("█"));
  for (const absl::string_view line : absl::StrSplit(picture.out, '\n')) EXPECT_LE(line.size(), 72u * 4);
  const Outcome table = Bursar("user-ada", {"finance", "spending", "org-lab", "--start-time", "2026-04-15"});
  EXPECT_THAT(table.out, Not(HasSubstr("█")));
  EXPECT_THAT(table.out, HasSubstr("2026-04-20"));
  EXPECT_THAT(Bursar("finance-fay", {"finance", "top", "--all-currency", "USD"}, true).out, HasSubstr("org-lab"));
  EXPECT_THAT(Bursar("user-ada", {"finance", "forecast", "org-lab"}, true).out, HasSubstr("They run out about "));
  EXPECT_EQ(
      json::parse(
          Bursar("user-ada", {"finance", "forecast", "org-lab", "--format", "json"}, true).out)["forecast"]["outlook"],
      "OUTLOOK_DATED");
}

TEST_F(Spring, AgingSettlesTheOldestFirst) {
  const json now = Json("finance-fay", {"finance", "aging"});
  ASSERT_EQ(now["accounts"].size(), 2u) << "Bob has paid.";
  EXPECT_EQ(now["accounts"][0]["billing_account"], "org-lab");
  EXPECT_EQ(now["accounts"][0]["up_to_30_days_micros"], "33333334");
  EXPECT_EQ(now["accounts"][0]["up_to_60_days_micros"], "60000000");
  EXPECT_EQ(now["accounts"][1]["up_to_90_days_micros"], "16666667") << "Exactly 90 days.";
  EXPECT_EQ(now["accounts"][1]["over_90_days_micros"], "0");
  const json then = Json("finance-fay", {"finance", "aging", "user-bob.l_x", "--at", "2026-03-31"});
  EXPECT_EQ(then["accounts"][0]["up_to_30_days_micros"], "33333333");
}

TEST_F(Spring, F5_BookBalancesOfAllAccountsAreTheTrialBalance) {
  std::map<std::string, int64_t> sums;
  const json balances = Json("finance-fay", {"finance", "book-balances"});
  for (const json& balance : balances["balances"]) {
    sums[balance["currency"].get<std::string>() + balance["book_account"].get<std::string>()] +=
        std::stoll(balance["balance_micros"].get<std::string>());
  }
  const json trial = Json("finance-fay", {"finance", "trial-balance"});
  for (const json& line : trial["lines"]) {
    EXPECT_EQ(
        sums[line["currency"].get<std::string>() + line["book_account"].get<std::string>()],
        std::stoll(line["debit_micros"].get<std::string>()) - std::stoll(line["credit_micros"].get<std::string>()));
  }
  EXPECT_EQ(trial["totals"][1]["debit"], trial["totals"][1]["credit"]);
}

}  // namespace
}  // namespace bursar
