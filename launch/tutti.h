// All of Tutti that a program needs: #include <tutti/tutti.h>.
#pragma once

#include "core/base/error.h"
#include "core/base/seed.h"
#include "core/graph/executable.h"
#include "core/model/model.h"
#include "core/model/sequential.h"
#include "core/tensor/tensor.h"
#include "io/dataset.h"
#include "io/datasets/shipped.h"
#include "io/formats/csv.h"
#include "io/formats/npy.h"
#include "io/labels.h"
#include "io/split.h"
#include "io/standard_scaler.h"
#include "launch/command_line.h"
#include "launch/session.h"
#include "tutti/kinds.h"
