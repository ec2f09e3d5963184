#pragma once

#include "s3/sigv4.h"

namespace wardbook::s3 {

/// The account of AWS's own examples.
inline const Credentials kExample{
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", {}};

}  // namespace wardbook::s3
