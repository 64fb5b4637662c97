// Who is there when the day begins: people, organizations and their projects, drawn from a seed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/day/prices.h"

namespace bursar::day {

// How large the population and its day are, in thousandths of the medium ones.
struct Scale {
  int64_t thousandths = 1000;

  // At least one.
  int64_t Of(int64_t medium) const;
};

enum class Partner { kSjCloud, kCampus, kBiobank };
inline constexpr Partner kPartners[] = {Partner::kSjCloud, Partner::kCampus, Partner::kBiobank};

// What a billing contact does with the mailed link.
enum class Contact { kConfirms, kConfirmsTwice, kConfirmsSecondMail, kNeverConfirms, kDeclines };

// How a person comes to spend: as a member of an organization, by a form of its own, by a form that an operator helps
// with, or as an employee of the cloud.
enum class Route { kOrganization, kForm, kAssisted, kInternal };

// Billing accounts by number: those of the organizations first, then those of the people.
using Payer = uint32_t;

struct Person {
  std::string handle;
  std::string name;
  Partner partner;
  Currency currency;
  Route route = Route::kOrganization;
  Contact contact = Contact::kConfirms;
  int64_t limit_micros = 0;
  // The first organization that lets it spend.
  std::optional<Payer> employer;
  // The person who registered a second time under this name.
  std::optional<uint32_t> twin_of;
};

struct Seat {
  uint32_t person;
  bool admin;
  bool may_bill;
};

struct Organization {
  std::string handle;
  std::string name;
  Currency currency;
  bool hides_admins = false;
  Contact contact = Contact::kConfirms;
  int64_t limit_micros = 0;
  // How much of the day's work it does, next to the others.
  int64_t activity = 0;
  // The first one founded it.
  std::vector<Seat> seats;
};

struct Project {
  Payer payer;
  uint32_t owner;
  int64_t stored_mib;
  bool archived;
};

// The organization whose shared pool takes 30 % of the work, and the one that sponsors downloads.
inline constexpr Payer kInstitute = 0;
inline constexpr Payer kSponsor = 1;

struct Population {
  Scale scale;
  std::vector<Person> people;
  std::vector<Organization> organizations;
  std::vector<Project> projects;

  size_t payers() const { return organizations.size() + people.size(); }
  bool IsOrganization(Payer payer) const { return payer < organizations.size(); }
  Payer PayerOf(uint32_t person) const { return static_cast<Payer>(organizations.size() + person); }
  const Person& PersonOf(Payer payer) const { return people[payer - organizations.size()]; }

  std::string UserId(uint32_t person) const { return "user-" + people[person].handle; }
  // "org-lab" or "user-ada".
  std::string AccountId(Payer payer) const;
  // The person who asks for the account: its owner, or the organization's founder.
  uint32_t OwnerOf(Payer payer) const;
  Currency CurrencyOf(Payer payer) const;
  int64_t LimitOf(Payer payer) const;
  // Organizations go by the form.
  Route RouteOf(Payer payer) const { return IsOrganization(payer) ? Route::kForm : PersonOf(payer).route; }
  // Whether a billing contact is mailed a link.
  bool HasContact(Payer payer) const { return RouteOf(payer) == Route::kForm || RouteOf(payer) == Route::kAssisted; }
  // Only where there is one.
  Contact ContactOf(Payer payer) const;
  // Whether billing of the account itself is set up when the day begins.
  bool IsSetUp(Payer payer) const;
};

// The same seed and scale give the same population on every machine.
Population MakePopulation(uint64_t seed, Scale scale);

}  // namespace bursar::day
