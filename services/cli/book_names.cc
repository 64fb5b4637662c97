#include "services/cli/book_names.h"

#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "ledger/base/check.h"
#include "ledger/base/ids.h"

namespace bursar::cli {
namespace {

struct Kind {
  const char* prefix;
  const char* word;
};
constexpr std::array kKinds = {Kind{UserTag::kPrefix, "User"}, Kind{OrganizationTag::kPrefix, "Org"}};

constexpr char kDot[] = "Dot";
constexpr char kUnder[] = "Under";

std::string WordOfHandle(absl::string_view handle) {
  std::string word;
  for (const char c : handle) {
    if (c == '.') {
      word += kDot;
    } else if (c == '_') {
      word += kUnder;
    } else {
      word += word.empty() ? absl::ascii_toupper(c) : c;
    }
  }
  return word;
}

std::string HandleOfWord(absl::string_view word) {
  std::string handle;
  while (!word.empty()) {
    if (!handle.empty() && absl::ConsumePrefix(&word, kDot)) {
      handle += '.';
    } else if (!handle.empty() && absl::ConsumePrefix(&word, kUnder)) {
      handle += '_';
    } else {
      handle += handle.empty() ? absl::ascii_tolower(word[0]) : word[0];
      word.remove_prefix(1);
    }
  }
  return handle;
}

const char* RootOf(v1::BookClass book_class) {
  switch (book_class) {
    case v1::BOOK_CLASS_ASSET:
      return "Assets";
    case v1::BOOK_CLASS_LIABILITY:
      return "Liabilities";
    case v1::BOOK_CLASS_INCOME:
      return "Income";
    case v1::BOOK_CLASS_EXPENSE:
      return "Expenses";
    default:
      return "Equity";
  }
}

}  // namespace

std::string WordOfBillingAccount(const std::string& billing_account) {
  for (const Kind& kind : kKinds) {
    absl::string_view handle = billing_account;
    if (absl::ConsumePrefix(&handle, kind.prefix)) return absl::StrCat(kind.word, WordOfHandle(handle));
  }
  BURSAR_CHECK(!"a billing account that is no user's and no organization's");
}

std::optional<std::string> BillingAccountOfWord(absl::string_view word) {
  for (const Kind& kind : kKinds) {
    absl::string_view rest = word;
    if (!absl::ConsumePrefix(&rest, kind.word)) continue;
    std::string id = absl::StrCat(kind.prefix, HandleOfWord(rest));
    if (BillingAccountId::Parse(id).has_value() && WordOfBillingAccount(id) == word) return id;
  }
  return std::nullopt;
}

std::string NameOfBook(v1::BookClass book_class, const std::string& book_account) {
  std::string name = RootOf(book_class);
  char before = ':';
  for (const absl::string_view part : absl::StrSplit(book_account, '_')) {
    absl::StrAppend(&name, std::string(1, before), std::string(1, absl::ascii_toupper(part[0])), part.substr(1));
    before = '-';
  }
  return name;
}

std::string NameOfBook(v1::BookClass book_class, const std::string& book_account, const std::string& billing_account) {
  return absl::StrCat(NameOfBook(book_class, book_account), ":", WordOfBillingAccount(billing_account));
}

}  // namespace bursar::cli
