// Names of things. Two kinds: named ones, chosen by people ("user-ada", "org-lab"), and numbered ones ("hold-17"),
// whose number is the position of the log entry that made them, so that a name leads straight to its origin.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace bursar {

// An entry's number in the log: 1, 2, 3, ... without gaps; 0 stands for "before the first".
using Position = uint64_t;

// A handle is 2 to 40 characters of a-z, 0-9 and inner '.', '_' or '-'.
bool IsHandle(absl::string_view text);

// Prefix and handle, as in "user-ada". Each Tag says its prefix.
template <class Tag>
class NamedId {
 public:
  NamedId() = default;

  // nullopt unless `text` is the prefix and a handle.
  static std::optional<NamedId> Parse(absl::string_view text) {
    const absl::string_view prefix = Tag::kPrefix;
    if (text.substr(0, prefix.size()) != prefix || !IsHandle(text.substr(prefix.size()))) return std::nullopt;
    return NamedId(std::string(text));
  }

  static NamedId OfHandle(absl::string_view handle) { return NamedId(absl::StrCat(Tag::kPrefix, handle)); }

  // For names that were checked when they were written to the log.
  static NamedId Trusted(std::string text) { return NamedId(std::move(text)); }

  const std::string& text() const { return text_; }
  absl::string_view handle() const { return absl::string_view(text_).substr(absl::string_view(Tag::kPrefix).size()); }
  bool empty() const { return text_.empty(); }

  friend bool operator==(const NamedId& a, const NamedId& b) { return a.text_ == b.text_; }
  friend bool operator!=(const NamedId& a, const NamedId& b) { return a.text_ != b.text_; }
  friend bool operator<(const NamedId& a, const NamedId& b) { return a.text_ < b.text_; }
  template <class H>
  friend H AbslHashValue(H h, const NamedId& id) {
    return H::combine(std::move(h), id.text_);
  }

 private:
  explicit NamedId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Prefix and number, as in "hold-17"; 0 stands for none and has the empty text.
template <class Tag>
class NumberedId {
 public:
  NumberedId() = default;
  explicit NumberedId(uint64_t number) : number_(number) {}

  // nullopt unless `text` is the prefix and a number from 1, written without leading zeros.
  static std::optional<NumberedId> Parse(absl::string_view text) {
    const absl::string_view prefix = Tag::kPrefix;
    if (text.substr(0, prefix.size()) != prefix) return std::nullopt;
    uint64_t number = 0;
    if (!absl::SimpleAtoi(text.substr(prefix.size()), &number) || number == 0) return std::nullopt;
    const NumberedId id(number);
    return id.text() == text ? std::optional<NumberedId>(id) : std::nullopt;
  }

  uint64_t number() const { return number_; }
  bool empty() const { return number_ == 0; }
  std::string text() const { return number_ == 0 ? std::string() : absl::StrCat(Tag::kPrefix, number_); }

  friend bool operator==(NumberedId a, NumberedId b) { return a.number_ == b.number_; }
  friend bool operator!=(NumberedId a, NumberedId b) { return a.number_ != b.number_; }
  friend bool operator<(NumberedId a, NumberedId b) { return a.number_ < b.number_; }
  template <class H>
  friend H AbslHashValue(H h, NumberedId id) {
    return H::combine(std::move(h), id.number_);
  }

 private:
  uint64_t number_ = 0;
};

struct UserTag {
  static constexpr char kPrefix[] = "user-";
};
struct OrganizationTag {
  static constexpr char kPrefix[] = "org-";
};
struct ProjectTag {
  static constexpr char kPrefix[] = "project-";
};
struct HoldTag {
  static constexpr char kPrefix[] = "hold-";
};
struct CreditTag {
  static constexpr char kPrefix[] = "credit-";
};
struct ChargeTag {
  static constexpr char kPrefix[] = "charge-";
};
struct IncreaseTag {
  static constexpr char kPrefix[] = "increase-";
};
struct BudgetTag {
  static constexpr char kPrefix[] = "budget-";
};
struct BillingChangeTag {
  static constexpr char kPrefix[] = "change-";
};
struct AssistedSetupTag {
  static constexpr char kPrefix[] = "setup-";
};
struct PurchaseOrderTag {
  static constexpr char kPrefix[] = "order-";
};
struct QuarantineTag {
  static constexpr char kPrefix[] = "quarantine-";
};

using UserId = NamedId<UserTag>;
using OrganizationId = NamedId<OrganizationTag>;
using ProjectId = NumberedId<ProjectTag>;
using HoldId = NumberedId<HoldTag>;
using CreditId = NumberedId<CreditTag>;
using ChargeId = NumberedId<ChargeTag>;
using IncreaseId = NumberedId<IncreaseTag>;
using BudgetId = NumberedId<BudgetTag>;
using BillingChangeId = NumberedId<BillingChangeTag>;
using AssistedSetupId = NumberedId<AssistedSetupTag>;
using PurchaseOrderId = NumberedId<PurchaseOrderTag>;
using QuarantineId = NumberedId<QuarantineTag>;

// A billing account is named after its owner: a user or an organization.
class BillingAccountId {
 public:
  BillingAccountId() = default;
  explicit BillingAccountId(const UserId& owner) : text_(owner.text()) {}
  explicit BillingAccountId(const OrganizationId& owner) : text_(owner.text()) {}

  // nullopt unless `text` names a user or an organization.
  static std::optional<BillingAccountId> Parse(absl::string_view text);
  // For names that were checked when they were written to the log.
  static BillingAccountId Trusted(std::string text);

  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  std::optional<UserId> user() const { return UserId::Parse(text_); }
  std::optional<OrganizationId> organization() const { return OrganizationId::Parse(text_); }

  friend bool operator==(const BillingAccountId& a, const BillingAccountId& b) { return a.text_ == b.text_; }
  friend bool operator!=(const BillingAccountId& a, const BillingAccountId& b) { return a.text_ != b.text_; }
  friend bool operator<(const BillingAccountId& a, const BillingAccountId& b) { return a.text_ < b.text_; }
  template <class H>
  friend H AbslHashValue(H h, const BillingAccountId& id) {
    return H::combine(std::move(h), id.text_);
  }

 private:
  std::string text_;
};

}  // namespace bursar
