"""`python -m coderm_eval.hosts.evalplus` is the script `evalplus.coderm`."""

from coderm_eval.hosts.evalplus import main

main()
