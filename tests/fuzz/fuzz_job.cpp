// A job: its frame, its model on four numbers, what it compiles and fits with.
// Seeds: launch/examples/*.yaml
#include "core/layers/deferred_weights.h"
#include "launch/job.h"
#include "launch/job_model.h"
#include "tests/fuzz/parts.h"
#include "tests/fuzz/read_bytes.h"

namespace {

void make_job(std::string_view text, const char* where) {
  tutti::fuzz::FewFiles none({});
  const tutti::Replace<tutti::FileSystem> replaced(none);
  const auto job = tutti::Job::parse(text, where);
  tutti::RowColumn features;
  features.name = "features", features.shape = tutti::Shape{4};
  const tutti::DeferredWeights never_drawn;
  const auto made = tutti::make_job_model(job, {features});
  tutti::make_compile_options(job, *made.model);
  tutti::make_fit_options(job);
}

}  // namespace

TUTTI_FUZZ_READER(make_job)
