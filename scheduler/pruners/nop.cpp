#include "scheduler/pruners/nop.h"

namespace tutti {

TUTTI_REGISTER(Pruner, NopPruner, "Nop", "no trial ends early").alias("NopPruner").alias("None");

}  // namespace tutti
