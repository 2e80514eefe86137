// SPDX-License-Identifier: Apache-2.0
// EXERCISE: a dollar token and a two-step wallet for tests; worth nothing.
pragma solidity 0.8.28;

/// Says what the dollar everyone uses says: the same events, the same refusals.
contract ExerciseDollar {
    string public constant name = "EXERCISE dollar";
    string public constant symbol = "XUSD";
    uint8 public constant decimals = 6;

    address public owner;
    bool public paused;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    mapping(address => bool) public isBlackListed;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);
    event Issue(uint256 amount);
    event Redeem(uint256 amount);
    event AddedBlackList(address _user);
    event RemovedBlackList(address _user);
    event DestroyedBlackFunds(address _blackListedUser, uint256 _balance);
    event Pause();
    event Unpause();

    modifier onlyOwner() {
        require(msg.sender == owner, "not the owner");
        _;
    }

    constructor(uint256 supply) {
        owner = msg.sender;
        totalSupply = supply;
        balanceOf[msg.sender] = supply;
        emit Transfer(address(0), msg.sender, supply);
    }

    function setOwner(address next) external onlyOwner {
        owner = next;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        allowance[from][msg.sender] -= value; // reverts below zero
        _move(from, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    /// Several transfers in one transaction, as payout contracts make them.
    function transferMany(address[] calldata to, uint256[] calldata value) external {
        for (uint256 i = 0; i < to.length; i++) {
            _move(msg.sender, to[i], value[i]);
        }
    }

    /// New tokens go to the owner, with no Transfer: only Issue tells of them.
    function issue(uint256 amount) external onlyOwner {
        balanceOf[owner] += amount;
        totalSupply += amount;
        emit Issue(amount);
    }

    function redeem(uint256 amount) external onlyOwner {
        balanceOf[owner] -= amount;
        totalSupply -= amount;
        emit Redeem(amount);
    }

    function addBlackList(address user) external onlyOwner {
        isBlackListed[user] = true;
        emit AddedBlackList(user);
    }

    function removeBlackList(address user) external onlyOwner {
        isBlackListed[user] = false;
        emit RemovedBlackList(user);
    }

    function destroyBlackFunds(address user) external onlyOwner {
        require(isBlackListed[user], "not frozen");
        uint256 held = balanceOf[user];
        balanceOf[user] = 0;
        totalSupply -= held;
        emit DestroyedBlackFunds(user, held);
    }

    function pause() external onlyOwner {
        paused = true;
        emit Pause();
    }

    function unpause() external onlyOwner {
        paused = false;
        emit Unpause();
    }

    function _move(address from, address to, uint256 value) private {
        require(!paused && !isBlackListed[from], "frozen");
        balanceOf[from] -= value; // reverts below zero
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }
}

/// Two of its owners must agree before it calls anything.
contract ExerciseMultisig {
    struct Transaction {
        address destination;
        uint256 value;
        bytes data;
        bool executed;
    }

    uint256 public constant required = 2;
    mapping(address => bool) public isOwner;
    mapping(uint256 => Transaction) public transactions;
    mapping(uint256 => mapping(address => bool)) public confirmations;
    mapping(uint256 => uint256) public confirmationCount;
    uint256 public transactionCount;

    event Submission(uint256 indexed transactionId);
    event Confirmation(address indexed sender, uint256 indexed transactionId);
    event Execution(uint256 indexed transactionId);
    event ExecutionFailure(uint256 indexed transactionId);

    constructor(address[] memory owners) {
        for (uint256 i = 0; i < owners.length; i++) {
            isOwner[owners[i]] = true;
        }
    }

    function submitTransaction(address destination, uint256 value, bytes calldata data)
        external
        returns (uint256 id)
    {
        id = transactionCount++;
        transactions[id] = Transaction(destination, value, data, false);
        emit Submission(id);
        _confirm(id);
    }

    function confirmTransaction(uint256 id) external {
        _confirm(id);
    }

    function _confirm(uint256 id) private {
        require(isOwner[msg.sender] && !confirmations[id][msg.sender], "may not confirm");
        confirmations[id][msg.sender] = true;
        confirmationCount[id]++;
        emit Confirmation(msg.sender, id);
        Transaction storage it = transactions[id];
        if (confirmationCount[id] < required || it.executed) return;
        it.executed = true;
        (bool done,) = it.destination.call{value: it.value}(it.data);
        if (done) {
            emit Execution(id);
        } else {
            it.executed = false;
            emit ExecutionFailure(id);
        }
    }
}

/// Names itself like the dollar and moves on command: what wallets call spam.
contract LookAlike {
    string public constant symbol = "USDT";
    uint8 public constant decimals = 6;

    event Transfer(address indexed from, address indexed to, uint256 value);

    function say(address from, address to, uint256 value) external {
        emit Transfer(from, to, value);
    }
}
