def main():
    print(2 * int(input()))

if "__main__" == __name__:
    main()
