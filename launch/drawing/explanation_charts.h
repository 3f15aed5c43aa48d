// Explanations as pictures, in the three forms that readers of SHAP and LIME know.
#pragma once

#include "core/explain/explanation.h"
#include "launch/drawing/picture.h"

namespace tutti::drawing {

// A bar for each of the `most` largest contributions, to the right where it raises the output.
Picture draw_contributions(const Explanation& explanation, const std::string& title,
                           size_t most = 10);
// From the base value at the bottom to the prediction at the top, a step for each contribution; the
// smaller ones together in one.
Picture draw_waterfall(const Explanation& explanation, const std::string& title, size_t most = 10);
// One line of numbers: what raises the output from the left and what lowers it from the right meet
// at the prediction.
Picture draw_force(const Explanation& explanation, const std::string& title);

}  // namespace tutti::drawing
