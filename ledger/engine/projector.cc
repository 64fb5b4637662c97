#include "ledger/engine/projector.h"

#include <utility>

namespace bursar {

bool Projector::Turn(Patience patience) {
  if (over_) return false;
  Pipeline::Uncollected next;
  const Work work = pipeline_.TakeUncollected(next, patience);
  over_ = work == Work::kOver;
  if (work != Work::kSome) return false;
  absl::Status followed =
      next.block ? projections_.Take(*next.block->block, next.block->hash) : projections_.Follow(next.target);
  if (followed.ok()) {
    pipeline_.Projected(projections_.position());
  } else {
    over_ = true;
    pipeline_.Fail(std::move(followed));
  }
  return true;
}

}  // namespace bursar
