from modzoo.cli import main

main()
