// What texts may look like, one format at a time.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "ledger/base/ids.h"
#include "ledger/base/link_key.h"
#include "ledger/domain/money.h"
#include "services/api/validate.h"

namespace bursar {
namespace {

constexpr size_t kMostName = 64;
constexpr size_t kMostText = 200;
constexpr size_t kMostNote = 2'000;
constexpr size_t kMostEmail = 254;
constexpr size_t kMostUrl = 500;
constexpr size_t kMostPageToken = 500;
constexpr size_t kMostSubject = 255;
constexpr size_t kMostToken = 128;

bool IsLower(char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c); }
bool IsOneOf(char c, absl::string_view characters) { return characters.find(c) != absl::string_view::npos; }
bool IsVisible(char c) { return c > ' ' && c < '\x7F'; }

template <class Is>
bool Consists(absl::string_view text, size_t most, Is is) {
  return text.size() <= most && std::all_of(text.begin(), text.end(), is);
}

// Control characters of ASCII and of the block after it (U+0080 to U+009F), and the separators of lines and paragraphs.
bool HasControls(absl::string_view text, bool lines) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (absl::ascii_iscntrl(text[i]) && !(lines && IsOneOf(text[i], "\n\r\t"))) return true;
    const absl::string_view next = text.substr(i, 3);
    if (next.size() > 1 && next[0] == '\xC2' && static_cast<unsigned char>(next[1]) < 0xA0) return true;
    if (next == "\xE2\x80\xA8" || next == "\xE2\x80\xA9") return true;
  }
  return false;
}

bool IsBlank(absl::string_view text) { return absl::StripAsciiWhitespace(text).empty(); }

bool IsEmail(absl::string_view text) {
  const size_t at = text.find('@');
  if (at == 0 || at == absl::string_view::npos || at + 1 == text.size() || text.size() > kMostEmail) return false;
  if (text.find('@', at + 1) != absl::string_view::npos) return false;
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return absl::ascii_isspace(c) || absl::ascii_iscntrl(c); });
}

bool IsPhone(absl::string_view text) {
  const auto digits = std::count_if(text.begin(), text.end(), absl::ascii_isdigit);
  return digits >= 5 && Consists(text, 30, [](char c) { return absl::ascii_isdigit(c) || IsOneOf(c, " +-()./"); });
}

bool IsUrl(absl::string_view text) {
  const bool web = text.substr(0, 8) == "https://" || text.substr(0, 7) == "http://";
  return web && Consists(text, kMostUrl, IsVisible);
}

// "2026-03".
bool IsMonth(absl::string_view text) {
  constexpr size_t kLength = 7;
  constexpr size_t kDash = 4;
  if (text.size() != kLength || text[kDash] != '-') return false;
  int year = 0;
  int month = 0;
  if (!absl::SimpleAtoi(text.substr(0, kDash), &year) || !absl::SimpleAtoi(text.substr(kDash + 1), &month))
    return false;
  return absl::ascii_isdigit(text[0]) && absl::ascii_isdigit(text[kDash + 1]) && month >= 1 && month <= 12;
}

std::string Unless(bool right, absl::string_view problem) { return right ? std::string() : std::string(problem); }

}  // namespace

std::string ProblemOf(v1::Format format, absl::string_view text) {
  if (text.empty()) return "";
  switch (format) {
    case v1::FORMAT_HANDLE:
      return Unless(IsHandle(absl::AsciiStrToLower(text)),
                    "has to be 2 to 40 letters, digits and inner '.', '_' or '-'");
    case v1::FORMAT_USER:
      return Unless(UserId::Parse(text).has_value(), "has to be a user, as in \"user-ada\"");
    case v1::FORMAT_ORGANIZATION:
      return Unless(OrganizationId::Parse(text).has_value(), "has to be an organization, as in \"org-lab\"");
    case v1::FORMAT_BILLING_ACCOUNT:
      return Unless(BillingAccountId::Parse(text).has_value(),
                    "has to be a billing account, as in \"user-ada\" or \"org-lab\"");
    case v1::FORMAT_PROJECT:
      return Unless(ProjectId::Parse(text).has_value(), "has to be a project, as in \"project-17\"");
    case v1::FORMAT_HOLD:
      return Unless(HoldId::Parse(text).has_value(), "has to be a hold, as in \"hold-17\"");
    case v1::FORMAT_INCREASE:
      return Unless(IncreaseId::Parse(text).has_value(), "has to be a limit increase, as in \"increase-17\"");
    case v1::FORMAT_ACTION:
      return Unless(Consists(text, kMostName, [](char c) { return IsLower(c) || IsOneOf(c, "._-"); }),
                    "has to be up to 64 of a-z, 0-9, '.', '_' and '-', as in \"analysis.run\"");
    case v1::FORMAT_CURRENCY:
      return Unless(IsCurrency(text), "has to be three capital letters, as in \"USD\"");
    case v1::FORMAT_REGION:
      return Unless(Consists(text, kMostName, [](char c) { return IsLower(c) || IsOneOf(c, ":._-"); }),
                    "has to be up to 64 of a-z, 0-9, ':', '.', '_' and '-', as in \"azure:westus\"");
    case v1::FORMAT_EMAIL:
      return Unless(IsEmail(text), "has to be an e-mail address of up to 254 bytes");
    case v1::FORMAT_PHONE:
      return Unless(IsPhone(text), "has to be a telephone number: 5 to 30 digits, spaces and \"+-()./\"");
    case v1::FORMAT_TEXT:
      return Unless(text.size() <= kMostText && !HasControls(text, false) && !IsBlank(text),
                    "has to be one line of up to 200 bytes, not blank and without control characters");
    case v1::FORMAT_NOTE:
      return Unless(text.size() <= kMostNote && !HasControls(text, true) && !IsBlank(text),
                    "has to be up to 2,000 bytes of text, not blank and without control characters");
    case v1::FORMAT_TOKEN:
      return Unless(Consists(text, kMostToken, IsVisible), "has to be the token of a mailed link");
    case v1::FORMAT_REQUEST_ID:
      return Unless(Consists(text, kMostName, IsVisible), "has to be up to 64 visible ASCII characters");
    case v1::FORMAT_SKU:
      return Unless(Consists(text, kMostName, [](char c) { return absl::ascii_isalnum(c) || IsOneOf(c, ":._-"); }),
                    "has to be up to 64 of a-z, A-Z, 0-9, ':', '.', '_' and '-', as in \"compute.mem1\"");
    case v1::FORMAT_PARTNER:
      return Unless(IsHandle(text), "has to be a handle in lower case, as in \"sjcloudplatform\"");
    case v1::FORMAT_LABEL:
      return Unless(Consists(text, kMostName, [](char c) { return absl::ascii_isalnum(c) || IsOneOf(c, "._-"); }),
                    "has to be up to 64 of a-z, A-Z, 0-9, '.', '_' and '-'");
    case v1::FORMAT_URL:
      return Unless(IsUrl(text), "has to be a web address of up to 500 characters");
    case v1::FORMAT_PAGE_TOKEN:
      return Unless(Consists(text, kMostPageToken, IsVisible), "has to be the next_page_token of an earlier page");
    case v1::FORMAT_BUDGET:
      return Unless(BudgetId::Parse(text).has_value(), "has to be a budget, as in \"budget-17\"");
    case v1::FORMAT_BILLING_CHANGE:
      return Unless(BillingChangeId::Parse(text).has_value(), "has to be a billing change, as in \"change-17\"");
    case v1::FORMAT_ASSISTED_SETUP:
      return Unless(AssistedSetupId::Parse(text).has_value(), "has to be an assisted set-up, as in \"setup-17\"");
    case v1::FORMAT_CHARGE:
      return Unless(ChargeId::Parse(text).has_value(), "has to be a charge, as in \"charge-17\"");
    case v1::FORMAT_CREDIT:
      return Unless(CreditId::Parse(text).has_value(), "has to be a credit, as in \"credit-17\"");
    case v1::FORMAT_QUARANTINE:
      return Unless(QuarantineId::Parse(text).has_value(),
                    "has to be a quarantined usage record, as in \"quarantine-17\"");
    case v1::FORMAT_TIME_ZONE:
      return Unless(Consists(text, kMostName, [](char c) { return absl::ascii_isalnum(c) || IsOneOf(c, "/_+-"); }),
                    "has to be the IANA name of a time zone, as in \"Europe/Berlin\"");
    case v1::FORMAT_MONTH:
      return Unless(IsMonth(text), "has to be a calendar month, as in \"2026-03\"");
    case v1::FORMAT_ISSUER:
      return Unless(IsUrl(text) && absl::StartsWith(text, "https://"),
                    "has to be an address of up to 500 characters that begins with \"https://\"");
    case v1::FORMAT_SUBJECT:
      return Unless(Consists(text, kMostSubject, IsVisible), "has to be up to 255 visible ASCII characters");
    case v1::FORMAT_EVENT_TYPE:
      return Unless(Consists(text, kMostName, [](char c) { return absl::ascii_isalpha(c); }),
                    "has to be the name of an event, as in \"HoldPlaced\"");
    case v1::FORMAT_UNSPECIFIED:
    case v1::Format_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Format_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return "";
}

}  // namespace bursar
