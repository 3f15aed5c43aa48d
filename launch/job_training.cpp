#include "launch/job_training.h"

#include "core/base/error.h"
#include "core/layers/deferred_weights.h"
#include "core/model/batch.h"
#include "core/model/training_memory.h"
#include "launch/at_place.h"
#include "launch/streamed_data.h"

namespace tutti {

RowSourcePtr rows_to_train_on(const Job& job, FitOptions& fit, const JobData& data) {
  RowSourcePtr rows = data.train.source();
  if (rows->rows() == 0)
    fail(ExitCode::data, job.place_of("data"), "the data has no rows to train on; add some");
  if (fit.validation_split > 0) {
    const std::string place = job.place_of("fit.validation_split");
    if (data.validation.count() > 0)
      fail(place, "the job also has data.split.validation; keep one of them");
    rows = at_place(place, [&] { return split_last(rows, fit.validation_split).first; });
  }
  if (fit.batch_size > rows->rows())
    fail(ExitCode::data, job.place_of("fit.batch_size"),
         "batch_size {} is larger than the {} rows to train on; use at most {}", fit.batch_size,
         rows->rows(), rows->rows());
  fit.batch_size = checked_batch_size(fit.batch_size, rows->rows());
  return rows;
}

JobModel make_fitted_model(const Job& job, const FitOptions& fit, JobData& data,
                           const RowSourcePtr& training, const World& world, bool draws) {
  DeferredWeights weights;
  const Adaptation on_training_rows(rows_to_adapt_on(training, data.streamed));
  JobModel made = make_job_model(job, data.train.source()->inputs());
  compile_for_job(job, *made.model);
  check_text_labels(job, data.columns, *made.model);
  for (DataPart* part : {&data.train, &data.validation, &data.test})
    *part = fit_to_model(*part, *made.model, job);
  const ShardLayout layout = world.layout(fit.batch_size, fit.batch_size);
  if (const auto shortage = memory_shortage(*made.model, made.model->optimizer(), layout))
    fail(ExitCode::world, place_of_layer(job, made, shortage->layer), "[{}] {}", shortage->layer,
         shortage->message);
  if (draws) at_place(job.place_of("model"), [&] { weights.draw(); });
  return made;
}

}  // namespace tutti
