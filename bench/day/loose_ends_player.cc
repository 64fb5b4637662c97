#include "bench/day/loose_ends_player.h"

#include "absl/strings/str_cat.h"
#include "bursar/v1/account.pb.h"

namespace bursar::day {

// One after the other, since two of them may be about the same funds.
void LooseEndsPlayer::Play(const Step& step) {
  stage_.traffic.Drain();
  switch (step.kind) {
    case StepKind::kMerge:
      return Merge(step.subject);
    case StepKind::kLeave:
      return Leave(step.subject);
    case StepKind::kMoveOut:
      return MoveOut(step.subject);
    case StepKind::kHandOver:
      return HandOver(step.subject, static_cast<Payer>(step.detail));
    default:
      stage_.Surprise("the plan", "has a step of the day when it is over");
  }
}

void LooseEndsPlayer::Merge(uint32_t person) {
  const uint32_t stays = *stage_.population.people[person].twin_of;
  v1::MergeUsersRequest request;
  request.set_request_id(absl::StrCat("merge-", person));
  request.set_from_user_id(stage_.population.UserId(person));
  request.set_into_user_id(stage_.population.UserId(stays));
  request.set_reason("The same person registered twice.");
  stage_.traffic.Call<v1::MergeUsersResponse>(kSupport, request, [this, person, stays](const auto& answer) {
    const auto* merged = stage_.Expect("MergeUsers", answer);
    if (merged == nullptr) return;
    Tally& tally = stage_.tally;
    ++tally.merged;
    stage_.Saw(merged->position());
    const int64_t gained = merged->credits_micros() - merged->outstanding_micros();
    tally.accounts[stage_.population.PayerOf(stays)].moved += gained;
    AccountTally& gone = tally.accounts[stage_.population.PayerOf(person)];
    gone.moved -= gained + merged->revoked_micros();
    gone.limit = 0;
    gone.merged = true;
  });
}

void LooseEndsPlayer::Leave(uint32_t person) {
  v1::CloseUserRequest request;
  request.set_request_id(absl::StrCat("leave-", person));
  stage_.traffic.Call<v1::CloseUserResponse>(stage_.population.UserId(person), request, [this](const auto& answer) {
    const auto* closed = stage_.Expect("CloseUser", answer);
    if (closed == nullptr) return;
    ++stage_.tally.left;
    stage_.Saw(closed->position());
  });
}

void LooseEndsPlayer::MoveOut(uint32_t project) {
  const uint32_t owner = stage_.population.projects[project].owner;
  v1::SetProjectPayerRequest request;
  request.set_request_id(absl::StrCat("move-", project));
  request.set_project_id(stage_.project_ids[project]);
  request.set_bill_to(stage_.population.UserId(owner));
  stage_.traffic.Call<v1::SetProjectPayerResponse>(
      stage_.population.UserId(owner), request, [this](const auto& answer) {
        // Whoever is out of funds cannot take on more.
        if (!answer.ok() && IsDenial(answer.status())) {
          ++stage_.tally.moves_denied;
          return;
        }
        const auto* moved = stage_.Expect("SetProjectPayer", answer);
        if (moved == nullptr) return;
        if (moved->offered()) stage_.Surprise("SetProjectPayer", "offers to somebody what the caller may take itself");
        ++stage_.tally.moved_out;
        stage_.Saw(moved->position());
      });
}

void LooseEndsPlayer::HandOver(uint32_t project, Payer receiver) {
  const Payer payer = stage_.population.projects[project].payer;
  v1::SetProjectPayerRequest request;
  request.set_request_id(absl::StrCat("offer-", project));
  request.set_project_id(stage_.project_ids[project]);
  request.set_bill_to(stage_.population.AccountId(receiver));
  stage_.traffic.Queue(std::nullopt, [this, payer, project, receiver, request](const Turn& turn) {
    stage_.traffic.Call<v1::SetProjectPayerResponse>(stage_.OwnerOf(payer), request,
                                                     [this, project, receiver, turn](const auto& answer) {
                                                       if (!answer.ok() && IsDenial(answer.status())) {
                                                         ++stage_.tally.moves_denied;
                                                         return;
                                                       }
                                                       const auto* offered = stage_.Expect("SetProjectPayer", answer);
                                                       if (offered == nullptr) return;
                                                       stage_.Saw(offered->position());
                                                       // Who administers both has moved it at once.
                                                       if (!offered->offered()) {
                                                         ++stage_.tally.handed_over;
                                                         return;
                                                       }
                                                       AnswerOffer(project, receiver, turn);
                                                     });
  });
}

void LooseEndsPlayer::AnswerOffer(uint32_t project, Payer receiver, const Turn& turn) {
  const auto counted = [this, turn](int64_t& count, const char* what) {
    return [this, turn, &count, what](const auto& answer) {
      if (!answer.ok() && IsDenial(answer.status())) {
        ++stage_.tally.moves_denied;
        return;
      }
      const auto* answered = stage_.Expect(what, answer);
      if (answered == nullptr) return;
      ++count;
      stage_.Saw(answered->position());
    };
  };
  if (project % 4 == 0) {
    v1::DeclineProjectTransferRequest request;
    request.set_request_id(absl::StrCat("decline-offer-", project));
    request.set_project_id(stage_.project_ids[project]);
    return stage_.traffic.Call<v1::DeclineProjectTransferResponse>(
        stage_.OwnerOf(receiver), request, counted(stage_.tally.handing_over_declined, "DeclineProjectTransfer"));
  }
  v1::AcceptProjectTransferRequest request;
  request.set_request_id(absl::StrCat("accept-offer-", project));
  request.set_project_id(stage_.project_ids[project]);
  stage_.traffic.Call<v1::AcceptProjectTransferResponse>(stage_.OwnerOf(receiver), request,
                                                         counted(stage_.tally.handed_over, "AcceptProjectTransfer"));
}

}  // namespace bursar::day
