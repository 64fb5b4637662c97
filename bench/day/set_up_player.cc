#include "bench/day/set_up_player.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/day/brands.h"
#include "bench/day/times.h"
#include "bursar/v1/billing.pb.h"
#include "bursar/v1/outbox.pb.h"

namespace bursar::day {

void SetUpPlayer::SubmitForm(Payer payer) {
  const bool organization = stage_.population.IsOrganization(payer);
  const std::string account = stage_.population.AccountId(payer);
  v1::SubmitAccountUpgradeRequest request;
  request.set_request_id(absl::StrCat("upgrade-", payer));
  request.set_billing_account(account);
  request.set_terms_version(kTermsVersion);
  request.set_pricing_version(kPricingVersion);
  v1::BillingContact& contact = *request.mutable_contact();
  contact.set_name(organization ? absl::StrCat("Accounts payable, ", stage_.population.organizations[payer].name)
                                : stage_.population.PersonOf(payer).name);
  contact.set_email(absl::StrCat("billing+", account, "@example.org"));
  contact.set_postal_address(absl::StrCat(payer + 1, " Science Park Road\n12345 Springfield"));
  contact.set_phone("+1 555 0100");
  stage_.traffic.Queue(payer, [this, payer, request](const Turn& turn) {
    stage_.traffic.Call<v1::SubmitAccountUpgradeResponse>(
        stage_.OwnerOf(payer), request, [this, payer, turn](const auto& answer) {
          const auto* submitted = stage_.Expect("SubmitAccountUpgrade", answer);
          if (submitted == nullptr) return;
          setups_[payer].mailed_at = submitted->position();
          stage_.Saw(submitted->position());
        });
  });
}

void SetUpPlayer::AskForHelp(Payer payer, int32_t slot) {
  v1::RequestAssistedSetupRequest request;
  request.set_request_id(absl::StrCat("help-", payer));
  request.set_billing_account(stage_.population.AccountId(payer));
  request.set_contact_name(stage_.population.PersonOf(payer).name);
  request.set_contact_email(absl::StrCat("billing+", stage_.population.AccountId(payer), "@example.org"));
  for (const int32_t start : {slot, slot + kDay}) {
    v1::TimeSlot& offered = *request.add_slots();
    *offered.mutable_start_time() = ToProto(stage_.At(start));
    *offered.mutable_end_time() = ToProto(stage_.At(start + kSlot));
  }
  stage_.traffic.Queue(payer, [this, payer, request](const Turn& turn) {
    stage_.traffic.Call<v1::RequestAssistedSetupResponse>(
        stage_.OwnerOf(payer), request, [this, payer, turn](const auto& answer) {
          const auto* asked = stage_.Expect("RequestAssistedSetup", answer);
          if (asked == nullptr) return;
          setups_[payer].help_id = asked->setup().setup_id();
          stage_.Saw(asked->position());
        });
  });
}

void SetUpPlayer::PickSlot(Payer payer) {
  stage_.traffic.Queue(payer, [this, payer](const Turn& turn) {
    v1::ScheduleAssistedSetupRequest request;
    request.set_request_id(absl::StrCat("slot-", payer));
    request.set_setup_id(setups_[payer].help_id);
    request.set_slot(1);
    stage_.traffic.Call<v1::ScheduleAssistedSetupResponse>(kOperator, request, [this, turn](const auto& answer) {
      const auto* picked = stage_.Expect("ScheduleAssistedSetup", answer);
      if (picked == nullptr) return;
      ++stage_.tally.helped;
      stage_.Saw(picked->position());
    });
  });
}

void SetUpPlayer::Decline(Payer payer) {
  stage_.traffic.Queue(payer, [this, payer](const Turn& turn) {
    ReadLink(payer, [this, payer, turn](const std::string& token) {
      v1::DeclineBillingRequest request;
      request.set_request_id(absl::StrCat("decline-", payer));
      request.set_token(token);
      request.set_reason("We do not pay for this.");
      stage_.traffic.Call<v1::DeclineBillingResponse>("", request, [this, turn](const auto& answer) {
        const auto* declined = stage_.Expect("DeclineBilling", answer);
        if (declined == nullptr) return;
        ++stage_.tally.declined;
        stage_.Saw(declined->position());
      });
    });
  });
}

void SetUpPlayer::ResendMail(Payer payer) {
  v1::ResendVerificationRequest request;
  request.set_request_id(absl::StrCat("resend-", payer));
  request.set_billing_account(stage_.population.AccountId(payer));
  stage_.traffic.Queue(payer, [this, payer, request](const Turn& turn) {
    stage_.traffic.Call<v1::ResendVerificationResponse>(kSupport, request, [this, payer, turn](const auto& answer) {
      const auto* sent = stage_.Expect("ResendVerification", answer);
      if (sent == nullptr) return;
      setups_[payer].mailed_at = sent->position();
      stage_.Saw(sent->position());
    });
  });
}

void SetUpPlayer::Confirm(Payer payer, bool again) {
  stage_.traffic.Queue(payer, [this, payer, again](const Turn& turn) {
    if (again) return UseLink(payer, again, turn);
    ReadLink(payer, [this, payer, again, turn](std::string token) {
      setups_[payer].token = std::move(token);
      UseLink(payer, again, turn);
    });
  });
}

void SetUpPlayer::ReadLink(Payer payer, std::function<void(std::string)> then) {
  v1::ListMessagesRequest request;
  request.set_billing_account(stage_.population.AccountId(payer));
  request.set_page_size(1000);
  // Help's link is mailed by the clock.
  request.set_min_position(std::max(setups_[payer].mailed_at, stage_.clock_moved_at));
  stage_.traffic.Call<v1::ListMessagesResponse>(kSupport, request, [this, then = std::move(then)](const auto& answer) {
    const auto* mails = stage_.Expect("ListMessages", answer);
    if (mails == nullptr) return;
    std::string token;
    for (const v1::OutboxMessage& mail : mails->messages()) {
      if (!mail.link_token().empty()) token = mail.link_token();
    }
    then(token);
  });
}

void SetUpPlayer::UseLink(Payer payer, bool again, const Turn& turn) {
  v1::ConfirmBillingRequest request;
  request.set_request_id(absl::StrCat(again ? "confirm-again-" : "confirm-", payer));
  request.set_token(setups_[payer].token);
  stage_.traffic.Call<v1::ConfirmBillingResponse>("", request, [this, payer, again, turn](const auto& answer) {
    const auto* confirmed = stage_.Expect("ConfirmBilling", answer);
    if (confirmed == nullptr) return;
    stage_.Saw(confirmed->position());
    Tally& tally = stage_.tally;
    if (again) {
      ++tally.confirmed_twice;
      if (confirmed->position() == setups_[payer].confirmed_at) ++tally.same_answer_twice;
      return;
    }
    setups_[payer].confirmed_at = confirmed->position();
    ++tally.confirmed;
    if (stage_.population.ContactOf(payer) == Contact::kConfirmsSecondMail) ++tally.confirmed_by_second_mail;
    tally.upgraded.insert(confirmed->upgraded_user_ids().begin(), confirmed->upgraded_user_ids().end());
    const int64_t granted = confirmed->credit().granted_micros();
    tally.promised[stage_.CurrencyOf(payer)] += granted;
    tally.accounts[payer].granted += granted;
  });
}

}  // namespace bursar::day
