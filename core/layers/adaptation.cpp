#include "core/layers/adaptation.h"

#include <utility>

namespace tutti {
namespace {

thread_local const Adaptation* standing_adaptation = nullptr;

}  // namespace

Adaptation::Adaptation(RowsOf rows_of)
    : outer_(std::exchange(standing_adaptation, this)), rows_of_(std::move(rows_of)) {}
Adaptation::~Adaptation() { standing_adaptation = outer_; }
const Adaptation* Adaptation::current() { return standing_adaptation; }

}  // namespace tutti
