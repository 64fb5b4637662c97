// bursar.v1.BillingService is large: its topics have a file each, and share these.
#pragma once

#include "bursar/v1/billing.pb.h"
#include "ledger/base/link_key.h"
#include "ledger/domain/state.h"
#include "services/api/methods.h"

namespace bursar {

// billing_change_service.cc, assisted_setup_service.cc and purchase_order_service.cc
void AddBillingChanges(Methods& methods, Ledger& ledger, const LinkKey& links);
void AddAssistedSetups(Methods& methods, Ledger& ledger, const LinkKey& links);
void AddPurchaseOrders(Methods& methods, Ledger& ledger);

// A link to mail, which nobody has seen.
LinkSeed FreshLink(const LinkKey& links);

Person ParseContact(const v1::BillingContact& contact);
v1::BillingContact ToContact(const Person& contact);

// Contacts are people: not everybody who may see the account may see them.
v1::BillingChange ToBillingChange(const BillingChange& change, bool shows_contact);
v1::AssistedSetup ToAssistedSetup(const AssistedSetup& setup, bool shows_contact);

}  // namespace bursar
