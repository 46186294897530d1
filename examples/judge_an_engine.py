"""Hold engines against the truth: python judge_an_engine.py HR.tif ...; all are one movie each."""

import sys

from pssr_live import evaluate

found = evaluate(
    sys.argv[1:],
    engines=["rolling-mean"],  # put yours first: ["engines/mine", "mito-lite"]
    baselines=["bilinear"],
    crappifiers=["detector"],
)
for method in found.methods:
    psnr = found.summary("detector", method, "psnr_fit")
    print(f"{method}: {psnr.mean:.2f} dB over {psnr.n} movies")
    test = found.test("detector", method, "psnr_fit")
    if method != found.methods[0] and test is not None and test.t_test is not None:
        print(f"  {found.methods[0]} differs by {test.difference:.2f} dB, p = {test.t_test:.3f}")
