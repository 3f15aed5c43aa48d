// What feeds a training: rows decoded ahead on threads of their own, and the ledger of which of
// them went into which step.
#pragma once

#include "core/model/model.h"
#include "launch/job_data.h"

namespace tutti {

class RowFeed {
 public:
  // For this fit, whose run directory is known: takes validation_split out of its options and adds
  // a callback behind those that it has, which have restored the training when it is asked.
  RowFeed(const Job& job, const JobData& data, const Session& session, FitOptions& fit);

  const RowSourcePtr& training() const { return training_; }
  // Rows to be judged, in order.
  RowSourcePtr in_order(const RowSourcePtr& rows, int64_t batch) const;

 private:
  RowSourcePtr training_;
  const Session& session_;
  int threads_ = 0;  // that decode ahead; 0: none
};

// Of a run with a ledger: how many steps it has. Throws Error (data), naming the step, where they
// are not those of an undisturbed run: each row once a round, in its order.
int64_t check_run_ledger(const std::filesystem::path& run);

// How many of the rows that this training took are bad, on any rank. Collective.
int64_t bad_rows_of(const DataPart& part, Session& session);

}  // namespace tutti
